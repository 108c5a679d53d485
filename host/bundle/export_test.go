package bundle

// Again reads a question or a reply and writes it again; nil for what they are not.
func Again(b []byte) (questions, replies []byte) {
	if q, err := readQuestion(b); err == nil {
		questions = q.append(nil)
	}
	if a, err := readReply(b); err == nil {
		replies = a.append(nil)
	}
	return questions, replies
}
