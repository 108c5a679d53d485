// Package ports gives ports to programs that listen at them later.
//
// What the kernel gives for port 0 is of no use for that: it is one of those that it gives to connections that go out,
// too, and nobody can listen at a port which one of them has, nor for a minute after it has ended. These are others.
// The script of the same name does the same.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
)

const lowest, highest = 20000, 29999 // elsewhere than on Linux, connections that go out get higher ones

// given are sockets for UDP that hold the numbers of all ports that were given, as long as this process lives.
var given struct {
	sync.Mutex
	held []net.PacketConn
}

// Free is a port of loopback at which nobody listens. Nobody else that asks here gets it.
func Free() (int, error) {
	given.Lock()
	defer given.Unlock()
	list := candidates()
	for _, i := range rand.Perm(len(list)) {
		address := fmt.Sprintf("127.0.0.1:%d", list[i])
		held, err := net.ListenPacket("udp4", address)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp4", address)
		if err != nil {
			_ = held.Close()
			continue
		}
		_ = l.Close()
		given.held = append(given.held, held)
		return list[i], nil
	}
	return 0, errors.New("no port is free")
}

// Address is such a port with its host, as a node listens at it.
func Address() (string, error) {
	port, err := Free()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// candidates are the ports that no connection gets which goes out.
func candidates() []int {
	var first, last int
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		_, _ = fmt.Sscan(string(text), &first, &last)
	}
	for _, of := range [][2]int{{lowest, highest}, {1024, 65535}} {
		if list := outside(of[0], of[1], first, last); len(list) > 0 {
			return list
		}
	}
	return outside(lowest, highest, 0, 0)
}

// outside are the numbers of a range that are not in another.
func outside(from, to, first, last int) (list []int) {
	for port := from; port <= to; port++ {
		if port < first || port > last {
			list = append(list, port)
		}
	}
	return list
}
