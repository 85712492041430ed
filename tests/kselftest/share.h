/* SPDX-License-Identifier: MIT */
/* Buffers of other drivers. */
#ifndef SHARE_H
#define SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct shared_buffer - a dma-buf that lwnpu did not make
 * @fd: the dma-buf
 * @data: its mapping
 * @size: bytes
 */
struct shared_buffer {
	int fd;
	uint8_t *data;
	size_t size;
};

/** vgem_open() - the first card whose driver is vgem, or -1 */
int vgem_open(void);

/** vgem_create() - a buffer of a page. Return: its handle, or 0 */
uint32_t vgem_create(int vgem);

/*
 * shared_buffer_…() - a page of vgem, of udmabuf, of the system heap
 * @buffer: filled in
 *
 * Return: false if the kernel has no such driver. What else fails ends the test.
 */
bool shared_buffer_vgem(struct shared_buffer *buffer);
bool shared_buffer_udmabuf(struct shared_buffer *buffer);
bool shared_buffer_heap(struct shared_buffer *buffer);
void shared_buffer_close(struct shared_buffer *buffer);

#endif /* SHARE_H */
