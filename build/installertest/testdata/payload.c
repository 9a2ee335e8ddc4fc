// SPDX-License-Identifier: Apache-2.0
//
// Stands for every program and library in the made-up Domino: it only has to have a bitness, and to load.

int main(void)
{
    return 0;
}
