# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Shell functions of the labs. Sourced in the top folder of the tree.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/lwnpu

# lab_folder NAME FILE…: prints where a lab is kept, a folder named after what
# makes it: these files and the compiler.
lab_folder() {
	local name=$1 key
	shift
	key=$({ cat "$@"; "${CC:-gcc}" --version; } | sha256sum | cut -c1-12)
	echo "$cache/lab-$name-$key"
}

# lab_lock FOLDER: one at a time makes or changes it, until this shell ends.
lab_lock() {
	mkdir -p "${1%/*}"
	exec 9>"$1.lock"
	flock 9
}

# lab_mirror: prints the mirror that the host's apt uses.
lab_mirror() {
	local mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI)' \
		'Identifier: Packages' 'Origin: Debian' 'Label: Debian' |
		sort -u | head -n 1)
	[ -n "$mirror" ] || {
		echo "apt has no Debian mirror configured" >&2
		return 1
	}
	echo "$mirror"
}

# lab_apt FOLDER COMMAND…: apt-get for packages of trixie, whatever the host
# is. Its lists and caches are in FOLDER; it installs nothing.
lab_apt() {
	local folder=$1
	shift
	mkdir -p "$folder/lists/partial" "$folder/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"$(lab_mirror) trixie main" > "$folder/sources.list"
	: > "$folder/status"
	apt-get -qq -o "Dir::Etc::sourcelist=$folder/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o "Dir::State::lists=$folder/lists" \
		-o "Dir::State::status=$folder/status" \
		-o "Dir::Cache=$folder" -o APT::Sandbox::User= "$@"
}

# lab_copy_driver FOLDER: copies what the module is made of, changed files only.
lab_copy_driver() {
	local file
	mkdir -p "$1/uapi" "$1/driver"
	for file in Kbuild uapi/* driver/*; do
		[ ! -f "$file" ] || cmp -s "$file" "$1/$file" ||
			cp "$file" "$1/$file"
	done
	for file in "$1"/uapi/*.h "$1"/driver/*.[ch]; do
		[ -e "${file#"$1/"}" ] ||
			[ "${file##*/}" = lwnpu_config.h ] || rm "$file"
	done
}

# lab_inside ROOT COMMAND…: runs it in a Debian root.
lab_inside() {
	local root=$1
	shift
	chroot "$root" env -i LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# lab_leave: what is mounted in a Debian root.
lab_leave() {
	! mountpoint -q "$mounted" || umount -l "$mounted"
}

# lab_module ROOT RELEASE: builds the module in a Debian root, in /lwnpu-RELEASE,
# for its kernel of that release, and sets version. No warning is allowed, nor
# one of sparse, which must have looked at each file: headers lack what tells
# make that it is there. After a failure all is built again.
lab_module() {
	local tree=$1/lwnpu-$2 log=$1/lwnpu-$2.log status=0
	version=$(cd "$1/lib/modules" && echo "$2".*)
	[ -d "$1/lib/modules/$version" ] || {
		echo "there are no headers of $2: $version" >&2
		return 1
	}
	lab_copy_driver "$tree"
	cp tests/vm/sparse.h "$tree/"
	mounted=$1/proc
	trap lab_leave EXIT
	trap 'exit 130' INT TERM
	mount -t proc proc "$mounted"
	lab_inside "$1" make -C "/lib/modules/$version/build" "M=/lwnpu-$2" \
		W=1 KBUILD_CHECKSRC=2 CF="-include /lwnpu-$2/sparse.h" \
		"-j$(nproc)" modules >"$log" 2>&1 || status=1
	lab_leave
	[ "$(grep -c '^ *CHECK ' "$log")" -ge "$(ls "$tree"/driver/*.o | wc -l)" ] ||
		{ echo "sparse did not run"; status=1; } >&2
	! grep -E 'warning:|error:' "$log" >&2 || status=1
	[ $status = 0 ] || {
		tail -n 40 "$log" >&2
		rm -rf "$tree"
	}
	return $status
}

# lab_script FOLDER COMMAND…: prints a shell script that runs it there.
lab_script() {
	local word
	echo "cd '$1' || exit"
	shift
	printf 'exec'
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
	echo
}

# lab_scratch: a folder for one run, removed when this shell ends.
lab_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/lwnpu-lab-XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT TERM
}

# lab_init FILE: builds the labs' init.
lab_init() {
	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -static -o "$1" tests/vm/init.c
}

# lab_boot SECONDS COMMAND…: runs a machine, for so long at most, and not longer
# than this shell. Its status is 124 if it was stopped.
lab_boot() {
	local limit=$1 status=0
	shift
	timeout -k 5 "$limit" "$@" </dev/null &
	machine=$!
	trap 'kill $machine; exit 130' INT TERM
	wait $machine || status=$?
	return $status
}

# lab_daemon BUILD ENGINE: in a lab, starts lwnpud until this shell ends; sets
# daemon and node.
lab_daemon() {
	"$1/lwnpud" --engine "$2" --remove > /run/lwnpud.log 2>&1 &
	daemon=$!
	trap 'kill $daemon; wait $daemon' EXIT
	trap 'exit 130' INT TERM
	# It may have kernels to compile.
	for _ in $(seq 1200); do
		node=$(echo /dev/accel/accel*)
		[ ! -c "$node" ] || return 0
		kill -0 $daemon || break
		sleep .05
	done
	sed 's/^/# /' /run/lwnpud.log
	return 1
}

# lab_died_early LOG: did the kernel panic before its first process, which loads
# the modules, so that nothing of ours had run? Prints why.
lab_died_early() {
	! grep -q 'Run /init as init process\|lab: ' "$1" &&
		grep -q 'Kernel panic' "$1" || return
	grep -m 1 -o 'Oops: .*\|BUG: .*\|Kernel panic.*' "$1"
}

# What the kernel must never say.
complaints='WARNING:|BUG:|Oops|possible recursive locking|KASAN|[^m]leak|UBSAN|INFO: |general protection|Kernel panic|refcount_t:|unreferenced object'

# lab_finish LOG: judges a run by the kernel's log, in which the lab's init
# marked begin and end. Prints complaints; returns the command's status, or 1.
lab_finish() {
	local status
	sed -n '/lab: begin/,$p' "$1" > "$1.run"
	if grep -E "$complaints" "$1.run" >/dev/null; then
		echo "# the kernel complains:"
		grep -E -A 40 "$complaints" "$1.run" | head -n 200 |
			sed 's/^/# /'
		return 1
	fi
	status=$(sed -n 's/.*lab: end, status \([0-9]*\).*/\1/p' "$1.run" |
		tail -n 1)
	if [ -z "$status" ]; then
		echo "# the command did not end; the kernel's last words:"
		tail -n 30 "$1" | sed 's/^/# /'
		return 1
	fi
	return "$status"
}
