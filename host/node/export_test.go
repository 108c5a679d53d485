package node

// RoomForTokens is how many bytes of a token the room keeps that the next judgement has.
func RoomForTokens() int {
	j := judgements.Get().(*judgement)
	defer judgements.Put(j)
	return cap(j.token)
}
