// SPDX-License-Identifier: BSD-2-Clause

// A Go program that makes the system calls itself, in two goroutines, while signals rain on all of its
// threads. Each map update must be made once: BPF_NOEXIST fails when it was made before, the delete
// that follows when it was not.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

const (
	sysBpf    = 321 // amd64
	mapCreate = 0
	mapUpdate = 2
	mapDelete = 3
	noExist   = 1
	rounds    = 2000
)

type createAttr struct {
	mapType, keySize, valueSize, entries uint32
}

type elemAttr struct {
	fd, _             uint32
	key, value, flags uint64
}

func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (uintptr, syscall.Errno) {
	r, _, err := syscall.Syscall(sysBpf, cmd, uintptr(attr), size)
	return r, err
}

func worker(fd uint32, first uint32) error {
	key, value := new(uint32), new(uint64)
	*key = first
	attr := &elemAttr{fd: fd, key: uint64(uintptr(unsafe.Pointer(key))),
		value: uint64(uintptr(unsafe.Pointer(value))), flags: noExist}
	for i := 0; i < rounds; i++ {
		attr.flags = noExist
		if _, err := bpf(mapUpdate, unsafe.Pointer(attr), unsafe.Sizeof(*attr)); err != 0 {
			return fmt.Errorf("update %d: %v", i, err)
		}
		attr.flags = 0
		if _, err := bpf(mapDelete, unsafe.Pointer(attr), 16); err != 0 {
			return fmt.Errorf("delete %d: %v", i, err)
		}
	}
	runtime.KeepAlive(key)
	runtime.KeepAlive(value)
	return nil
}

func main() {
	create := createAttr{mapType: 1, keySize: 4, valueSize: 8, entries: 16}
	fd, err := bpf(mapCreate, unsafe.Pointer(&create), unsafe.Sizeof(create))
	if err != 0 {
		fmt.Println("create:", err)
		os.Exit(1)
	}
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				syscall.Kill(os.Getpid(), syscall.SIGURG)
			}
		}
	}()
	var wait sync.WaitGroup
	for i := uint32(0); i < 2; i++ {
		wait.Add(1)
		go func(first uint32) {
			defer wait.Done()
			if err := worker(uint32(fd), first); err != nil {
				fmt.Println(err)
			}
		}(i)
	}
	wait.Wait()
	close(stop)
	fmt.Println("two goroutines are done")
}
