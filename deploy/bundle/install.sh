#!/bin/sh
# 在不联网的机器上安装或升级：./install.sh [--lab] 目录　说明见 安装.md。
set -eu
cd -- "$(dirname -- "$0")"
started_in=$OLDPWD
PYTHON=${PYTHON:-python3.11}
export PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1

fail() {
    echo "错误：$1" >&2
    exit "${2:-1}"
}

# 一、叫我做什么
requirements=requirements.txt
if [ "${1:-}" = --lab ]; then
    requirements=requirements-lab.txt
    shift
fi
case "${1:-}" in
    "" | -*) fail "用法：./install.sh [--lab] 目录（程序和数据放在哪里，如 /opt/hotline；--lab 连同笔记本）。" 2 ;;
    /*) target=$1 ;;
    *) target=$started_in/$1 ;;
esac

# 二、安装包完好
damaged=$(LC_ALL=C sha256sum --check --quiet SHA256SUMS 2>/dev/null) || {
    damaged=$(echo "${damaged:-SHA256SUMS}" | head -n 1)
    fail "安装包损坏或不全：${damaged%%: FAILED*}。请重新拷贝、重新解开，再执行。"
}
. ./bundle.conf

# 三、机器和 Python 相符
command -v "$PYTHON" >/dev/null ||
    fail "没有找到 $PYTHON。请装好 Python $PYTHON_VERSION，或写明它在哪里：PYTHON=/路径/python3 ./install.sh 目录"
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || fail "$PYTHON 不能运行。"
[ "$version" = "$PYTHON_VERSION" ] ||
    fail "Python 版本不符：要 $PYTHON_VERSION，$PYTHON 是 $version。请装 $PYTHON_VERSION，或换用于 $version 的安装包。"
machine=$("$PYTHON" -c '
import platform, sys, sysconfig
libc, version = platform.libc_ver()
newer = libc == "glibc" and [int(n) for n in version.split(".")] >= [int(n) for n in sys.argv[1].split(".")]
print(sysconfig.get_platform(), sys.implementation.name, "yes" if newer else f"{libc or chr(45)} {version}".strip())
' "$GLIBC")
[ "$machine" = "linux-$PROCESSOR cpython yes" ] ||
    fail "平台不符：安装包用于 $PROCESSOR 处理器、glibc $GLIBC 以上的 Linux，这台机器是 $machine。请换与它相符的安装包。"
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "缺少 venv 模块。请从系统安装盘或内网软件源安装 python$PYTHON_VERSION-venv，再执行。"

# 四、目录是空的，或是以前装的
mkdir -p -- "$target" 2>/dev/null && [ -w "$target" ] || fail "不能写入 $target。请换一个账号或目录。"
target=$(cd -- "$target" && pwd -P)
if [ -n "$(ls -- "$target")" ] && ! grep -qs '^name = "hotline-ledger"$' "$target/pyproject.toml"; then
    fail "$target 里有别的东西，也不是以前装的本程序。请写一个新目录。"
fi

# 五、程序换新；已有的数据、设置和自己写的笔记本不动，学过本单位标注的模型也不动
cp site/pyproject.toml site/README.md site/README.zh-CN.md site/LICENSE "$target"
for folder in analysis flows docs deploy; do
    rm -rf -- "${target:?}/$folder"
    cp -R "site/$folder" "$target"
done
cp -R site/notebooks "$target"
if [ ! -e "$target/data" ]; then
    rm -rf -- "$target/data.new"
    cp -R site/data "$target/data.new"
    mv -- "$target/data.new" "$target/data"
elif ! grep -qs '"sha256"' "$target/data/models/current.json"; then
    cp -R site/data/models "$target/data"
fi

# 六、程序库装进 .venv：只用安装包里的文件，逐个核对校验值
log=$target/安装.log
pip_install() {
    "$target/.venv/bin/python" -m pip install --no-index --find-links wheels --no-deps "$@" >>"$log" 2>&1 ||
        fail "程序库没有装好，原因见 $log 的最后几行。处理后再执行一次即可。"
}
"$PYTHON" -m venv --clear "$target/.venv" >"$log" 2>&1 || fail "建立 $target/.venv 失败，原因见 $log。"
pip_install --require-hashes --requirement "$requirements"
pip_install --no-build-isolation --editable "$target"

# 七、模型与程序不符的才训练：升级以前学过本单位标注的，或改过代码本的
HOTLINE_HOME=$target "$target/.venv/bin/hotline" train --if-needed
echo "装好了　版本 $VERSION（$COMMIT），在 $target"
echo "接下来　cd $target && .venv/bin/hotline doctor && .venv/bin/hotline run"
