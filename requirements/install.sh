#!/bin/sh
# Builds .venv from the pinned lists beside this file; the Makefile runs it when they have changed.
set -eu
cd "$(dirname "$0")/.."

suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if suitable "$candidate"; then command -v "$candidate"; return; fi
    done
    echo "Entente needs Python 3.11 or newer. Install one, or name it: make PYTHON=/path/to/python3" >&2
    exit 1
}

# uv comes with whatever pip there is: the one of this Python (quickest), its bundled one, or another uv.
install_uv() {
    list="--require-hashes --requirement requirements/uv.txt"
    "$python" -m pip --python .venv/bin/python install --quiet --only-binary :all: $list && return
    .venv/bin/python -m ensurepip && .venv/bin/python -m pip install --quiet --only-binary :all: $list && return
    command -v uv && uv pip install --quiet --python .venv/bin/python $list
}

make_environment() {
    python=$(find_python)
    "$python" -c 'import platform; print("Making .venv with Python", platform.python_version())'
    "$python" -m venv --without-pip --clear .venv || virtualenv --quiet --clear --python "$python" .venv
    if ! PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 install_uv >.venv/install.log 2>&1; then
        cat .venv/install.log >&2
        echo "uv could not be installed into .venv (see above). If pip is missing, install it:" >&2
        echo "on Debian and Ubuntu, apt install python3-venv." >&2
        exit 1
    fi
}

# A dot each second, for as long as this script has to wait.
show_patience() {
    (while sleep 1; do printf .; done) &
    dots=$!
    trap 'kill $dots 2>/dev/null || true' EXIT
}

began=$(date +%s)
[ -x .venv/bin/uv ] && .venv/bin/python -c '' 2>/dev/null || make_environment
printf 'Installing %s pinned packages ' "$(grep -c '^[a-z].*==' requirements/dev.txt)"
show_patience
export UV_PYTHON=.venv/bin/python
.venv/bin/uv pip sync --quiet --require-hashes requirements/dev.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
echo " done in $(($(date +%s) - began)) s."
