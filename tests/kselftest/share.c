// SPDX-License-Identifier: MIT
/* Buffers of other drivers. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drm_mode.h"
#include "common.h"
#include "share.h"

#define PAGE 4096

int vgem_open(void)
{
	struct drm_version version;
	char path[32], name[8];
	int fd, i;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		version = (struct drm_version) {
			.name = name, .name_len = sizeof(name),
		};
		if (!device_ioctl(fd, DRM_IOCTL_VERSION, &version) &&
		    !strncmp(name, "vgem", 4))
			return fd;
		close(fd);
	}
	return -1;
}

uint32_t vgem_create(int vgem)
{
	struct drm_mode_create_dumb create = {
		.width = 1024, .height = 1, .bpp = 32,
	};

	return device_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &create) ?
	       0 : create.handle;
}

static bool map(struct shared_buffer *buffer, int fd)
{
	buffer->fd = fd;
	buffer->size = PAGE;
	buffer->data = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    0);
	if (buffer->data == MAP_FAILED)
		fail("mapping a dma-buf");
	return true;
}

bool shared_buffer_vgem(struct shared_buffer *buffer)
{
	int vgem = vgem_open(), fd;

	if (vgem < 0)
		return false;
	fd = bo_export(vgem, vgem_create(vgem));
	close(vgem);
	return map(buffer, fd);
}

bool shared_buffer_udmabuf(struct shared_buffer *buffer)
{
	struct udmabuf_create create = { .size = PAGE };
	int memfd = memfd_create("input", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	if (device < 0) {
		close(memfd);
		return false;
	}
	if (memfd < 0 || ftruncate(memfd, PAGE) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		fail("memfd");
	create.memfd = memfd;
	fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		fail("UDMABUF_CREATE");
	close(device);
	close(memfd);
	return map(buffer, fd);
}

bool shared_buffer_heap(struct shared_buffer *buffer)
{
	struct dma_heap_allocation_data allocation = {
		.len = PAGE, .fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);

	if (heap < 0)
		return false;
	if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &allocation))
		fail("DMA_HEAP_IOCTL_ALLOC");
	close(heap);
	return map(buffer, allocation.fd);
}

void shared_buffer_close(struct shared_buffer *buffer)
{
	munmap(buffer->data, buffer->size);
	close(buffer->fd);
}
