package node

// RoomForTokens is how many bytes of a token the room keeps that the next check has.
func RoomForTokens() int {
	j := tokenRequests.Get().(*tokenRequest)
	defer tokenRequests.Put(j)
	return cap(j.token)
}
