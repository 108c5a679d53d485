package node

// RoomForTokens is how many bytes of a token fit in the room that the next request gets.
func RoomForTokens() int {
	j := tokenRequests.Get().(*tokenRequest)
	defer tokenRequests.Put(j)
	return cap(j.token)
}
