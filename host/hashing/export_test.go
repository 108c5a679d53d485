package hashing

var ServeOne = serveOne
