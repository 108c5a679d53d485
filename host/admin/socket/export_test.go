package socket

var MayServe = mayServe
