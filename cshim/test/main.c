// SPDX-License-Identifier: Apache-2.0
//
// Runs every function of the shim against a fake host and a fake bridge; built with the address and undefined
// behaviour sanitizers, so that a read past the host's memory ends the program.

#include "check.h"

int checks_passed;
int checks_failed;

int main(void)
{
    test_ours();
    test_memory();
    test_lmbcs();
    test_lmbcs_icu();
    test_notes();
    test_people();
    test_shim();
    test_mapped();
    test_requests();
    test_fuzz();
    printf("%d passed, %d failed\n", checks_passed, checks_failed);
    return checks_failed == 0 ? 0 : 1;
}
