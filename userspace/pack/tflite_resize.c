// SPDX-License-Identifier: MIT
/* Images in another size, as XNNPACK (bilinear) and LiteRT (nearest) do it. */
#include "tflite_view.h"

enum {
	BILINEAR_ALIGN_CORNERS = 2,
	BILINEAR_HALF_PIXEL = 3,
	NEAREST_ALIGN_CORNERS = 0,
	NEAREST_HALF_PIXEL = 1,
};

struct resizing {
	bool align_corners, half_pixel;
};

static float step(const struct resizing *how, uint32_t in, uint32_t out)
{
	if (how->align_corners && out > 1)
		return (float)(in - 1) / (float)(out - 1);
	return (float)in / (float)out;
}

static float between(const struct resizing *how, uint32_t in, uint32_t out,
		     uint32_t i)
{
	float scale = step(how, in, out);
	float at = (float)i * scale;

	if (how->half_pixel)
		at += 0.5f * scale - 0.5f;
	return fminf(fmaxf(at, 0), (float)(in - 1));
}

static float nearest(const struct resizing *how, uint32_t in, uint32_t out,
		     uint32_t i)
{
	float at = ((float)i + (how->half_pixel ? 0.5f : 0)) *
		   step(how, in, out);

	at = how->align_corners ? roundf(at) : floorf(at);
	return fminf(at, (float)(in - 1));
}

static int resize(struct lw_tflite_op *op, const struct resizing *how,
		  float (*place)(const struct resizing *how, uint32_t in,
				 uint32_t out, uint32_t i))
{
	struct lw_value *in, *out;
	struct lw_node *node;
	uint32_t i;
	int ret = lw_tflite_image(op, lw_tflite_input(op, 0));

	if (!ret && how->align_corners && how->half_pixel)
		ret = lw_tflite_refuse(op, "it aligns corners and half pixels; one of them expected");
	if (!ret)
		ret = lw_tflite_input_value(op, 0, &in);
	if (!ret)
		ret = lw_tflite_output_value(op, &out);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, in, out);
	if (ret)
		return ret;
	if (in->c != out->c)
		return lw_tflite_refuse(op, "its input has %u channels, its output %u",
					in->c, out->c);
	ret = lw_tflite_resize_node(op, in, out, &node);
	for (i = 0; i < out->h && !ret; i++)
		node->position[0][i] = place(how, in->h, out->h, i);
	for (i = 0; i < out->w && !ret; i++)
		node->position[1][i] = place(how, in->w, out->w, i);
	return ret;
}

int lw_tflite_resize_bilinear(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	const struct resizing how = {
		lw_fb_u8(options, BILINEAR_ALIGN_CORNERS, 0),
		lw_fb_u8(options, BILINEAR_HALF_PIXEL, 0),
	};

	return resize(op, &how, between);
}

int lw_tflite_resize_nearest(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	const struct resizing how = {
		lw_fb_u8(options, NEAREST_ALIGN_CORNERS, 0),
		lw_fb_u8(options, NEAREST_HALF_PIXEL, 0),
	};

	return resize(op, &how, nearest);
}
