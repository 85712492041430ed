// SPDX-License-Identifier: MIT
/* What must hold of a package, whoever made it. */
#include <inttypes.h>
#include <math.h>

#include "lwm_format.h"

static int check_text(const char *text, const char *what,
		      struct lwnpu_error *error)
{
	const char *c;
	unsigned int n;

	for (c = text; c && *c; c += n) {
		n = lw_character(c);
		if (!n)
			return lw_fail(error, -EINVAL,
				       "%s \"%s\" is not UTF-8 text without control characters",
				       what, text);
	}
	return 0;
}

static int check_texts(const struct lwm_package *package,
		       struct lwnpu_error *error)
{
	uint32_t i;
	int ret;

	ret = check_text(package->source, "source", error);
	if (!ret)
		ret = check_text(package->producer, "producer", error);
	for (i = 0; !ret && i < package->n_inputs; i++)
		ret = check_text(package->inputs[i].name, "input", error);
	for (i = 0; !ret && i < package->n_outputs; i++)
		ret = check_text(package->outputs[i].name, "output", error);
	for (i = 0; !ret && i < package->n_layers; i++)
		ret = check_text(package->layers[i].name, "layer", error);
	return ret;
}

/* An input or output under examination, and which of the two it is. */
struct port {
	const struct lwm_io *io;
	const char *what;
	uint32_t direction;
	uint32_t region;
	struct lwnpu_error *error;
};

#define PORT_FAIL(port, format, ...) \
	lw_fail((port)->error, -EINVAL, "%s %s: " format, (port)->what, \
		(port)->io->name, __VA_ARGS__)

static int check_shape(const struct port *port)
{
	const struct lwm_io *io = port->io;
	uint64_t elements = 1;
	uint32_t i;

	if (!io->h || io->h > UINT16_MAX || !io->w || io->w > UINT16_MAX ||
	    !io->c || io->c > UINT16_MAX)
		return PORT_FAIL(port, "size is %u x %u x %u, expected 1 to 65535 each",
				 io->h, io->w, io->c);
	if (io->n_dims > LWM_MAX_DIMS)
		return PORT_FAIL(port, "has %u dims, expected at most %d",
				 io->n_dims, LWM_MAX_DIMS);
	for (i = 0; i < io->n_dims; i++) {
		if (__builtin_mul_overflow(elements, io->dims[i], &elements))
			elements = 0;
	}
	if (elements != (uint64_t)io->h * io->w * io->c)
		return PORT_FAIL(port, "its dims make %" PRIu64 " elements, expected %u x %u x %u",
				 elements, io->h, io->w, io->c);
	return 0;
}

static int check_region(const struct port *port,
			const struct lwnpu_program_info *info)
{
	const struct lwm_io *io = port->io;
	const struct lwnpu_region_info *region;
	uint64_t size;

	if (io->region != port->region)
		return PORT_FAIL(port, "region is %u, expected %u",
				 io->region, port->region);
	if (io->region >= info->n_regions)
		return PORT_FAIL(port, "region is %u, the program's last is %u",
				 io->region, info->n_regions - 1);
	region = &info->region[io->region];
	if (region->direction != port->direction)
		return PORT_FAIL(port, "the program does not %s region %u",
				 port->direction == LWNPU_IN ? "read" : "write",
				 io->region);
	size = (uint64_t)(io->c + LWNPU_LANES - 1) / LWNPU_LANES *
	       LWNPU_LANES * io->h * io->w;
	if (port->direction == LWNPU_IN ? region->size > size :
					  region->size != size)
		return PORT_FAIL(port, "its tensor has %" PRIu64 " bytes, the program touches %llu of region %u",
				 size, (unsigned long long)region->size,
				 io->region);
	return 0;
}

static int check_numbers(const struct port *port)
{
	const struct lwm_io *io = port->io;
	uint32_t i, n = io->norm_channels;

	if (!isfinite(io->scale) || io->scale <= 0)
		return PORT_FAIL(port, "scale is %g, expected a positive number",
				 io->scale);
	if (n && (port->direction != LWNPU_IN ||
		  n > LWM_MAX_IMAGE_CHANNELS || (n != 1 && n != io->c)))
		return PORT_FAIL(port, "has %u means and deviations, expected none%s",
				 n, port->direction == LWNPU_IN ?
				 ", 1 or one per channel, at most 4" : "");
	if (n ? !isfinite(io->norm_scale) || io->norm_scale <= 0 :
		io->norm_scale != 0)
		return PORT_FAIL(port, "scale of images is %g, expected %s",
				 io->norm_scale,
				 n ? "a positive number" : "0");
	for (i = 0; i < n; i++) {
		if (!isfinite(io->mean[i]) || !isfinite(io->std[i]) ||
		    io->std[i] <= 0)
			return PORT_FAIL(port, "mean and deviation %u are %g and %g, expected finite ones and a positive deviation",
					 i, io->mean[i], io->std[i]);
	}
	return 0;
}

/* Inputs or outputs, in consecutive regions. */
static int check_ports(const struct lwm_package *package,
		       const struct lwm_io *ios, uint32_t n, uint32_t direction,
		       uint32_t first_region, struct lwnpu_error *error)
{
	struct port port = {
		.what = direction == LWNPU_IN ? "input" : "output",
		.direction = direction,
		.error = error,
	};
	uint32_t i;
	int ret;

	if (!n)
		return lw_fail(error, -EINVAL, "there is no %s, expected one at least",
			       port.what);
	for (i = 0; i < n; i++) {
		port.io = &ios[i];
		port.region = first_region + i;
		ret = check_shape(&port);
		if (!ret)
			ret = check_region(&port, &package->program.info);
		if (!ret)
			ret = check_numbers(&port);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_binding(const struct lwm_package *package,
			 struct lwnpu_error *error)
{
	const struct lwnpu_program_info *info = &package->program.info;
	uint32_t i, region = LWNPU_REGION_IO;
	int ret;

	ret = check_ports(package, package->inputs, package->n_inputs,
			  LWNPU_IN, region, error);
	region += package->n_inputs;
	if (!ret)
		ret = check_ports(package, package->outputs,
				  package->n_outputs, LWNPU_OUT, region, error);
	region += package->n_outputs;
	if (ret)
		return ret;
	for (i = region; i < info->n_regions; i++) {
		if (info->region[i].direction != LWNPU_UNUSED)
			return lw_fail(error, -EINVAL,
				       "the program uses region %u, which is neither an input nor an output",
				       i);
	}
	return 0;
}

static int check_layers(const struct lwm_package *package,
			struct lwnpu_error *error)
{
	const struct lwm_layer *layer;
	uint32_t i, at = 0, n_ops = package->program.n_ops;

	for (i = 0; i < package->n_layers; i++, at += layer->n_ops) {
		layer = &package->layers[i];
		if (layer->first_op != at)
			return lw_fail(error, -EINVAL,
				       "layer %s: starts at operation %u, expected %u",
				       layer->name, layer->first_op, at);
		if (layer->n_ops > n_ops - at)
			return lw_fail(error, -EINVAL,
				       "layer %s: %u operations from %u on, the program has %u",
				       layer->name, layer->n_ops,
				       layer->first_op, n_ops);
		if (layer->nonzero_macs > layer->macs)
			return lw_fail(error, -EINVAL,
				       "layer %s: %" PRIu64 " multiply-accumulates are not zero, expected at most %" PRIu64,
				       layer->name, layer->nonzero_macs,
				       layer->macs);
	}
	return 0;
}

int lwm_check(struct lwm_package *package, struct lwnpu_error *error)
{
	int ret;

	ret = check_texts(package, error);
	if (!ret)
		ret = lw_program_check(&package->program, error);
	if (!ret)
		ret = check_binding(package, error);
	if (!ret)
		ret = check_layers(package, error);
	return ret;
}
