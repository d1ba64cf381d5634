/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which node a frame is of, as the page allocator's zones tell. */
#ifndef SLABYARD_MACHINE_FRAME_NODES_H
#define SLABYARD_MACHINE_FRAME_NODES_H

#include <stdint.h>

/* For services->node_of_frame: 0 where no zone spans the frame. */
uint32_t frame_nodes_of(void *engine, uint32_t pfn);

#endif
