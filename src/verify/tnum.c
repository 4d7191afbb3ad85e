// SPDX-License-Identifier: BSD-2-Clause
/* tnum.c - tracked numbers */
#include "verify/tnum.h"
