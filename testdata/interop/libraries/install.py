"""Installs the libraries, and says how their programs are run."""
import filecmp
import os
import shutil
import sys

from keys import HERE, execute


def outdated(folder, lock):
    """Whether the folder has anything but what this lock file installs; then it is emptied."""
    done = os.path.join(folder, "installed")
    if os.path.exists(done) and filecmp.cmp(done, lock, shallow=False):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return True


def installed(folder, lock):
    """Says that the folder has all that the lock file installs."""
    shutil.copy(lock, os.path.join(folder, "installed"))


def python(folder, script):
    lock, interpreter = os.path.join(HERE, "python", "requirements.txt"), os.path.join(folder, "bin", "python")
    if outdated(folder, lock):
        execute(sys.executable, "-m", "venv", folder)
        execute(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", lock)
        installed(folder, lock)
    return [interpreter, "-B", os.path.join(HERE, "python", script)]


def npm(folder, script):
    lock = os.path.join(HERE, "node", "package-lock.json")
    if outdated(folder, lock):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, "node", name), folder)
        execute("npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund")
        installed(folder, lock)
    for name in ("tasks.mjs", script):  # modules are looked for beside the script
        shutil.copy(os.path.join(HERE, "node", name), folder)
    return ["node", os.path.join(folder, script)]


def go(folder, _):
    execute("go", "build", "-C", os.path.join(HERE, "go"), "-o", os.path.join(folder, "use"), ".")
    return [os.path.join(folder, "use")]


def maven(folder, _):
    shutil.copytree(os.path.join(HERE, "java"), folder, dirs_exist_ok=True)
    execute("mvn", "-q", "-B", "compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath", cwd=folder)
    with open(os.path.join(folder, "classpath"), encoding="utf-8") as f:
        return ["java", "-cp", os.path.join(folder, "target", "classes") + os.pathsep + f.read().strip(), "Use"]


def cargo(folder, _):
    manifest = os.path.join(HERE, "rust", "Cargo.toml")
    execute("cargo", "build", "-q", "--locked", "--manifest-path", manifest, "--target-dir", folder)
    return [os.path.join(folder, "debug", "libraries")]


# Name in the table, what installs it, its program, the tools that it needs, and whether it computes thumbprints.
LIBRARIES = [
    ("PyJWT", python, "use_pyjwt.py", [], False),
    ("joserfc", python, "use_joserfc.py", [], True),
    ("jose, npm", npm, "jose.mjs", ["node", "npm"], True),
    ("jsonwebtoken, npm", npm, "jsonwebtoken.mjs", ["node", "npm"], False),
    ("golang-jwt", go, "", ["go"], False),
    ("Nimbus JOSE + JWT", maven, "", ["java", "javac", "mvn"], True),
    ("jsonwebtoken, crates", cargo, "", ["cargo", "cc"], True),
]
