// SPDX-License-Identifier: MIT
/* Compiled kernels on disk: $XDG_CACHE_HOME/lwnpu or ~/.cache/lwnpu. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "file.h"
#include "opencl.h"

#define MAX_BINARY (64U << 20)
#define CACHE_MAGIC 0x31304c43554e574cULL

/* In front of the binary, in the machine's byte order. */
struct header {
	uint64_t magic;
	uint64_t key[2];
	uint64_t checksum;
};

/* The cache's directory, made if need be; false if there is none. */
static bool find_directory(char *path, size_t size)
{
	const char *off = getenv("LWNPU_CACHE");
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int n;

	if (off && !strcmp(off, "off"))
		return false;
	if (base && base[0] == '/')
		n = snprintf(path, size, "%s", base);
	else if (home && home[0] == '/')
		n = snprintf(path, size, "%s/.cache", home);
	else
		return false;
	if (n < 0 || (size_t)n + sizeof("/lwnpu") > size)
		return false;
	mkdir(path, 0700);
	strcat(path, "/lwnpu");
	return !mkdir(path, 0700) || errno == EEXIST;
}

void lw_cl_cache_find(struct lw_cl_cache *cache, const char *const *parts,
		      size_t n)
{
	char directory[4000];
	XXH3_state_t *state;
	XXH128_hash_t hash;

	cache->path[0] = '\0';
	state = XXH3_createState();
	if (!state)
		return;
	XXH3_128bits_reset(state);
	for (size_t i = 0; i < n; i++)
		XXH3_128bits_update(state, parts[i], strlen(parts[i]) + 1);
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	cache->key[0] = hash.low64;
	cache->key[1] = hash.high64;
	if (find_directory(directory, sizeof(directory)))
		snprintf(cache->path, sizeof(cache->path),
			 "%s/%016" PRIx64 "%016" PRIx64 ".cl", directory,
			 cache->key[1], cache->key[0]);
}

const unsigned char *lw_cl_cache_load(const struct lw_cl_cache *cache,
				      void **file, size_t *size)
{
	const unsigned char *binary;
	struct header header;

	*file = NULL;
	if (!cache->path[0] ||
	    lw_file_read(cache->path, MAX_BINARY, file, size, NULL))
		return NULL;
	if (*size <= sizeof(header))
		goto damaged;
	memcpy(&header, *file, sizeof(header));
	binary = (const unsigned char *)*file + sizeof(header);
	*size -= sizeof(header);
	if (header.magic != CACHE_MAGIC || header.key[0] != cache->key[0] ||
	    header.key[1] != cache->key[1] ||
	    header.checksum != XXH3_64bits(binary, *size))
		goto damaged;
	return binary;
damaged:
	free(*file);
	*file = NULL;
	return NULL;
}

void lw_cl_cache_store(const struct lw_cl_cache *cache,
		       const unsigned char *binary, size_t size)
{
	struct header header = {
		.magic = CACHE_MAGIC,
		.key = { cache->key[0], cache->key[1] },
		.checksum = XXH3_64bits(binary, size),
	};
	unsigned char *file;

	if (!cache->path[0] || size > MAX_BINARY - sizeof(header))
		return;
	file = malloc(sizeof(header) + size);
	if (!file)
		return;
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), binary, size);
	lw_file_write(cache->path, file, sizeof(header) + size, NULL);
	free(file);
}
