#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the syzkaller description of the device, dev_lwnpu.txt and
dev_lwnpu.txt.const, from the headers of uapi/: their structures, the comments
on their fields, and the table of operations.

  generate.py FOLDER
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
UAPI = ROOT / "uapi"
PARAMETERS = 60

# What all DRM devices have, and what no header of ours says.
COMMON = """\
resource fd_lwnpu[fd]
resource fd_lwnpu_dmabuf[fd]
resource fd_lwnpu_syncobj[fd]
resource lwnpu_bo[int32]: 0
resource lwnpu_program[int32]: 0
resource lwnpu_queue[int32]: 0
resource lwnpu_syncobj[int32]: 0
resource lwnpu_job_id[int64]: 1

syz_open_dev$lwnpu(dev ptr[in, string["/dev/accel/accel#"]], id intptr[0:4], flags const[O_RDWR]) fd_lwnpu
mmap$LWNPU(addr vma, len len[addr], prot flags[lwnpu_prot], flags const[MAP_SHARED], fd fd_lwnpu, offset fileoff)
ioctl$LWNPU_GEM_CLOSE(fd fd_lwnpu, cmd const[DRM_IOCTL_GEM_CLOSE], arg ptr[in, lwnpu_gem_close])
ioctl$LWNPU_EXPORT(fd fd_lwnpu, cmd const[DRM_IOCTL_PRIME_HANDLE_TO_FD], arg ptr[inout, lwnpu_export])
ioctl$LWNPU_IMPORT(fd fd_lwnpu, cmd const[DRM_IOCTL_PRIME_FD_TO_HANDLE], arg ptr[inout, lwnpu_import])
ioctl$LWNPU_SYNCOBJ_CREATE(fd fd_lwnpu, cmd const[DRM_IOCTL_SYNCOBJ_CREATE], arg ptr[inout, lwnpu_syncobj_create])
ioctl$LWNPU_SYNCOBJ_DESTROY(fd fd_lwnpu, cmd const[DRM_IOCTL_SYNCOBJ_DESTROY], arg ptr[in, lwnpu_syncobj_destroy])
ioctl$LWNPU_SYNCOBJ_HANDLE_TO_FD(fd fd_lwnpu, cmd const[DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD], arg ptr[inout, lwnpu_syncobj_to_fd])
ioctl$LWNPU_SYNCOBJ_FD_TO_HANDLE(fd fd_lwnpu, cmd const[DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE], arg ptr[inout, lwnpu_syncobj_from_fd])

lwnpu_prot = PROT_READ, PROT_WRITE
lwnpu_export_flags = O_CLOEXEC, O_RDWR

lwnpu_gem_close {
	handle	lwnpu_bo
	pad	const[0, int32]
}

lwnpu_export {
	handle	lwnpu_bo
	flags	flags[lwnpu_export_flags, int32]
	fd	fd_lwnpu_dmabuf	(out)
}

lwnpu_import {
	handle	lwnpu_bo	(out)
	flags	const[0, int32]
	fd	fd_lwnpu_dmabuf
}

lwnpu_syncobj_create {
	handle	lwnpu_syncobj	(out)
	flags	int32[0:1]
}

lwnpu_syncobj_destroy {
	handle	lwnpu_syncobj
	pad	const[0, int32]
}

lwnpu_syncobj_to_fd {
	handle	lwnpu_syncobj
	flags	int32[0:1]
	fd	fd_lwnpu_syncobj	(out)
	pad	const[0, int32]
}

lwnpu_syncobj_from_fd {
	handle	lwnpu_syncobj	(inout)
	flags	int32[0:1]
	fd	fd_lwnpu_syncobj
	pad	const[0, int32]
}
"""


def comment_fields(comment):
    """{field: text} of a kernel-doc comment."""
    text = re.sub(r"\n \*[ \t]?", "\n", comment)
    parts = re.split(r"\n@(\w+):", text)
    return {name: " ".join(body.split("\n\n")[0].split())
            for name, body in zip(parts[1::2], parts[2::2])}


class Header:
    """Structures, enumerations and ioctls of one header."""

    def __init__(self, name):
        text = (UAPI / name).read_text()
        self.structs, self.docs, self.enums = {}, {}, {}
        pattern = (r"(?:/\*\*((?:(?!\*/).)*)\*/\n)?"
                   r"(struct|enum) (\w+) \{\n(.*?)\n\};")
        for doc, kind, name, body in re.findall(pattern, text, re.S):
            if kind == "enum":
                self.enums[name] = re.findall(r"^\t(\w+) =", body, re.M)
                continue
            self.structs[name] = re.findall(
                r"^\t(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?;", body, re.M)
            self.docs[name] = comment_fields(doc)
        self.ioctls = re.findall(
            r"#define (DRM_IOCTL_LWNPU_\w+) \\\n\s*DRM_(IO\w+)\([^;]*?"
            r"struct (\w+)\)", text)


def operations():
    """[(name, NAME, [(type, field, role, min, max, doc)])] of the table."""
    text = (UAPI / "lwnpu_ops.def").read_text()
    found = []
    for line in text.splitlines():
        if match := re.match(r"LWNPU_OP\((\w+), (\w+), \d+", line):
            found.append((match[1], match[2], []))
        elif match := re.match(r'LWNPU_FIELD\(\w+, (\w+), (\w+), (\w+), '
                               r'([^,]+), ([^,]+), "(.*)"\)', line):
            found[-1][2].append(match.groups())
    return found


class Description:
    def __init__(self):
        self.drm, self.isa = Header("lwnpu_drm.h"), Header("lwnpu_isa.h")
        self.consts, self.arrays, self.flag_sets = set(), {}, {}

    def flag_set(self, name, members):
        self.flag_sets[name] = members
        self.consts.update(members)
        return name

    @staticmethod
    def resource(struct, field, doc):
        """The kind of object that a field names, if it does."""
        if "GEM handle" in doc or (struct, field) == ("drm_lwnpu_bo_create",
                                                      "handle"):
            return "lwnpu_bo"
        if "syncobj" in doc:
            return "lwnpu_syncobj"
        for kind in ("program", "queue"):
            if field == kind or (field == "handle" and f"_{kind}_" in struct):
                return f"lwnpu_{kind}"
        return None

    def array(self, element):
        """struct drm_lwnpu_array for elements of this kind."""
        name = f"lwnpu_array_{element.removeprefix('drm_lwnpu_')}"
        self.arrays[name] = (
            f"{name} {{\n"
            f"\tptr\tptr64[inout, array[{element}]]\n"
            f"\tcount\tlen[ptr, int32]\n"
            f"\tstride\tbytesize_of_{element}\n}}\n")
        return name

    def scalar(self, struct, kind, field, doc):
        """The type of a plain field."""
        bits = int(re.search(r"\d+", kind)[0])
        plain = f"int{bits}"
        enum = re.search(r"enum (\w+)", doc)
        members = enum and {**self.drm.enums, **self.isa.enums}.get(enum[1])
        if field in ("pad", "reserved") or doc == "zero":
            return f"const[0, {plain}]"
        if resource := self.resource(struct, field, doc):
            return resource
        if members:
            return f"flags[{self.flag_set(enum[1], members)}, {plain}]"
        if flag := re.match(r"(DRM_LWNPU_\w+)$", doc):
            return f"flags[{self.flag_set(flag[1].lower(), [flag[1]])}, " \
                   f"{plain}]"
        if pointed := re.match(r"pointer to struct (\w+)", doc):
            return f"ptr64[in, array[{pointed[1]}]]"
        if doc.startswith("pointer to region 0"):
            return "ptr64[in, array[int8]]"
        if field == "n_ops":
            return f"len[ops, {plain}]"
        if field == "weights_size":
            return f"bytesize[weights, {plain}]"
        if field in ("id", "job") and bits == 64:
            return "lwnpu_job_id"
        return plain

    def field(self, struct, kind, field, count, doc):
        out = "\t(out)" if re.match(r"out\b", doc) \
            else "\t(inout)" if "out: " in doc else ""
        if kind == "drm_lwnpu_array":
            kind = self.array(re.search(r"of struct (\w+)", doc)[1])
        elif kind.startswith("__"):
            kind = self.scalar(struct, kind, field, doc)
        if count:
            kind = f"array[{kind}, {count}]"
            if not count.isdigit():
                self.consts.add(count)
        return f"\t{field}\t{kind}{out}"

    def struct(self, name, header):
        docs = header.docs[name]
        fields = [self.field(name, kind, field, count, docs.get(field, ""))
                  for kind, field, count in header.structs[name]]
        return f"{name} {{\n" + "\n".join(fields) + "\n}\n"

    def operation(self, name, NAME, fields):
        lines, size = [], 0
        for kind, field, role, low, high, doc in fields:
            bits = int(kind[1:])
            size += bits // 8
            plain = f"int{bits}"
            enum = re.search(r"enum (\w+)", doc)
            if role == "IMM" and low == high == "0":
                text = f"const[0, {plain}]"
            elif role == "ENUM":
                flags = self.flag_set(enum[1], self.isa.enums[enum[1]])
                text = f"flags[{flags}, {plain}]"
            elif re.fullmatch(r"-?\d+", low) and re.fullmatch(r"\d+", high):
                text = f"{plain}[{low}:{high}]"
            else:
                text = plain
            lines.append(f"\t{field}\t{text}")
        self.consts.add(f"LWNPU_OP_{NAME}")
        head = [f"\topcode\tconst[LWNPU_OP_{NAME}, int32]",
                "\treserved\tconst[0, int32]",
                "\tin\tarray[lwnpu_tensor, 2]", "\tout_tensor\tlwnpu_tensor"]
        # The fields of the parameters may have the names of those above.
        lines = ["\tp_" + line.lstrip("\t") for line in lines]
        if size < PARAMETERS:
            lines.append(f"\trest\tarray[const[0, int8], {PARAMETERS - size}]")
        return f"lwnpu_op_{name} {{\n" + "\n".join(head + lines) + "\n}\n"

    def write(self):
        self.consts.update(
            re.findall(r"\b(DRM_IOCTL_\w+|O_\w+|MAP_\w+|PROT_\w+)\b", COMMON))
        calls = []
        for ioctl, direction, struct in self.drm.ioctls:
            self.consts.add(ioctl)
            way = {"IOWR": "inout", "IOW": "in", "IOR": "out"}[direction]
            calls.append(f"ioctl${ioctl.removeprefix('DRM_IOCTL_')}"
                         f"(fd fd_lwnpu, cmd const[{ioctl}], "
                         f"arg ptr[{way}, {struct}])")
        structs = [self.struct(name, self.drm) for name in self.drm.structs
                   if name != "drm_lwnpu_array"]
        structs.append(self.struct("lwnpu_tensor", self.isa))
        ops = operations()
        structs += [self.operation(*op) for op in ops]
        structs.append("lwnpu_op [\n" + "\n".join(
            f"\t{name}\tlwnpu_op_{name}" for name, _, _ in ops) +
            "\n\traw\tarray[int8, 128]\n]\n")
        sets = [f"{name} = {', '.join(members)}"
                for name, members in self.flag_sets.items()]
        arrays = [re.sub(r"bytesize_of_(\w+)",
                         lambda m: f"const[{self.size_of(m[1])}, int32]", text)
                  for text in self.arrays.values()]
        return "\n".join([
            "# Written by tests/syzkaller/generate.py from uapi/.",
            "# SPDX-License-Identifier: MIT", "",
            "include <uapi/drm/drm.h>", "include <uapi/drm/lwnpu_drm.h>",
            "include <uapi/drm/lwnpu_isa.h>", "include <linux/fcntl.h>",
            "include <linux/mman.h>", "",
            COMMON, *calls, "", *sets, "", "\n".join(arrays + structs)])

    def size_of(self, struct):
        return values([f"sizeof(struct {struct})"])[0]


def values(expressions):
    """Of constants, as a C compiler sees them."""
    prints = "".join(f'printf("%llu\\n", (unsigned long long)({e}));'
                     for e in expressions)
    program = ("#define _GNU_SOURCE\n#include <fcntl.h>\n#include <stdio.h>\n"
               "#include <sys/mman.h>\n"
               '#include "lwnpu_drm.h"\n#include "lwnpu_isa.h"\n'
               f"int main(void) {{ {prints} return 0; }}\n")
    flags = subprocess.run(["pkg-config", "--cflags", "libdrm"], check=True,
                           capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        source, binary = f"{folder}/values.c", f"{folder}/values"
        pathlib.Path(source).write_text(program)
        subprocess.run(["cc", "-w", f"-I{UAPI}", *flags, "-o", binary, source],
                       check=True)
        text = subprocess.run([binary], check=True, capture_output=True,
                              text=True).stdout
    return [int(line) for line in text.split()]


def generate():
    """{file name: text}"""
    description = Description()
    text = description.write()
    names = sorted(description.consts)
    consts = [f"{name} = {value}"
              for name, value in zip(names, values(names))]
    return {
        "dev_lwnpu.txt": text,
        "dev_lwnpu.txt.const": "\n".join([
            "# Written by tests/syzkaller/generate.py from uapi/.",
            "arches = 386, amd64, arm64, riscv64", *consts]) + "\n",
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, text in generate().items():
        (pathlib.Path(sys.argv[1]) / name).write_text(text)


if __name__ == "__main__":
    main()
