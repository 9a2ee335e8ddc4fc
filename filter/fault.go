// SPDX-License-Identifier: Apache-2.0

//go:build faultinjection

package main

func init() { library.PanicOn("fault=panic", "fault=person=") }
