// SPDX-License-Identifier: MIT
/* Tables of the context coding. */
#include <pthread.h>

#include "context_mix.h"

int16_t lw_mix_stretch[4096];
uint16_t lw_mix_squash[4096];
uint16_t lw_mix_rate[LW_SLOT_USES + 1];

/* 65536 / (1 + exp(-x)) of x = -8, -7.5 … 8, to the nearest. */
static const uint16_t curve[33] = {
	22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812,
	11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565, 62428,
	63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
};

static uint16_t squash(unsigned int at)
{
	unsigned int i = at / 128, part = at % 128;
	uint32_t p = (curve[i] * (128 - part) + curve[i + 1] * part + 64) / 128;

	p = p < LW_MIX_LEAST ? LW_MIX_LEAST : p;
	return p > 65536 - LW_MIX_LEAST ? 65536 - LW_MIX_LEAST : p;
}

static void make_tables(void)
{
	unsigned int i;
	int x = -2047;

	for (i = 0; i < 4096; i++)
		lw_mix_squash[i] = squash(i);
	/* The greatest x that does not take p past the middle of its step. */
	for (i = 0; i < 4096; i++) {
		while (x < 2047 && lw_mix_squash[x + 1 + 2048] <= 16 * i + 8)
			x++;
		lw_mix_stretch[i] = x;
	}
	for (i = 0; i <= LW_SLOT_USES; i++)
		lw_mix_rate[i] = 8192 * 5 / (5 * i + 8);
}

void lw_mix_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_tables);
}
