// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "image.h"

/* A progressive file may hold any number of passes over the image. */
#define MAX_SCANS 100

/**
 * struct decoder - libjpeg's state and the way out of it
 * @jpeg: its state
 * @handler: its error handler
 * @monitor: called at each pass
 * @failed: where its fatal errors jump to
 * @data: the image so far
 * @code: of the failure
 * @message: of the failure
 */
struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr handler;
	struct jpeg_progress_mgr monitor;
	jmp_buf failed;
	uint8_t *data;
	int code;
	char message[JMSG_LENGTH_MAX];
};

static struct decoder *decoder_of(j_common_ptr jpeg)
{
	return jpeg->client_data;
}

static void fail(j_common_ptr jpeg)
{
	struct decoder *decoder = decoder_of(jpeg);

	jpeg->err->format_message(jpeg, decoder->message);
	decoder->code = jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? -ENOMEM :
								    -EBADMSG;
	longjmp(decoder->failed, 1);
}

/* Warnings are about damage, but for stray bytes that many cameras write. */
static void warn(j_common_ptr jpeg, int level)
{
	if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA)
		fail(jpeg);
}

static void watch_scans(j_common_ptr common)
{
	struct decoder *decoder = decoder_of(common);

	if (decoder->jpeg.input_scan_number <= MAX_SCANS)
		return;
	decoder->code = -EBADMSG;
	snprintf(decoder->message, sizeof(decoder->message),
		 "more than %d scans", MAX_SCANS);
	longjmp(decoder->failed, 1);
}

static void start(struct decoder *decoder)
{
	decoder->jpeg.err = jpeg_std_error(&decoder->handler);
	decoder->handler.error_exit = fail;
	decoder->handler.emit_message = warn;
	decoder->jpeg.client_data = decoder;
}

/* Everything that may jump; nothing is held here that a jump would lose. */
static int decode(struct decoder *decoder, const void *file, size_t size,
		  struct lwnpu_error *error)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
	int ret;

	jpeg_create_decompress(jpeg);
	decoder->monitor.progress_monitor = watch_scans;
	jpeg->progress = &decoder->monitor;
	jpeg_mem_src(jpeg, file, size);
	jpeg_read_header(jpeg, TRUE);
	ret = lw_image_check_size(jpeg->image_width, jpeg->image_height, error);
	if (ret)
		return ret;
	jpeg->out_color_space = JCS_RGB;
	jpeg->dct_method = JDCT_ISLOW;
	jpeg_start_decompress(jpeg);
	decoder->data = malloc((size_t)jpeg->output_width *
			       jpeg->output_height * 3);
	if (!decoder->data)
		return lw_fail(error, -ENOMEM, "out of memory for an image");
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = decoder->data + (size_t)jpeg->output_scanline *
					       jpeg->output_width * 3;

		jpeg_read_scanlines(jpeg, &row, 1);
	}
	jpeg_finish_decompress(jpeg);
	return 0;
}

int lw_jpeg_decode(struct lw_image *image, const void *file, size_t size,
		   struct lwnpu_error *error)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	int ret;

	if (!decoder)
		return lw_fail(error, -ENOMEM, "out of memory for an image");
	start(decoder);
	if (setjmp(decoder->failed))
		ret = lw_fail(error, decoder->code, "JPEG: %s",
			      decoder->message);
	else
		ret = decode(decoder, file, size, error);
	if (!ret)
		*image = (struct lw_image){ decoder->jpeg.output_width,
					    decoder->jpeg.output_height, 3,
					    decoder->data };
	else
		free(decoder->data);
	jpeg_destroy_decompress(&decoder->jpeg);
	free(decoder);
	return ret;
}
