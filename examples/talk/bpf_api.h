/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf_api.h - beside the modules, as on the slides. */
#include "../include/clsbpf/bpf_api.h"
