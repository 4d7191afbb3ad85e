// SPDX-License-Identifier: BSD-2-Clause
/* gen_frame.h - the packets of a generator device: UDP over IPv4, whose flow is its source.
 *
 *   Ethernet to the device | IPv4 10.x.y.z -> 192.0.2.1 | UDP 1024 + flow % 60000 -> 9 | zeros
 *
 * x.y.z is the number of the flow. The UDP checksum is left out, as IPv4 allows.
 */
#ifndef CLSBPF_IO_GEN_FRAME_H
#define CLSBPF_IO_GEN_FRAME_H

#include "base/types.h"

/** gen_frame_make() - the headers of flow 0 in a frame of @size bytes (GEN_SIZE_MIN at least), to @mac. */
void gen_frame_make(u8 *frame, u32 size, const u8 mac[6]);

/** gen_frame_flow() - make it one of @flow. */
void gen_frame_flow(u8 *frame, u32 flow);

#endif
