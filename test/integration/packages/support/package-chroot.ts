import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { labPath } from '../../../../lab/paths.ts'
import { ROOT } from '../../../../scripts/source/index.ts'

const run = promisify(execFile)

export type Answer = Readonly<{ code: number; stdout: string; stderr: string }>

/** The root file system of a bare Debian (minbase, nothing recommended), in a directory. */
export class PackageChroot {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  /** Made by mmdebstrap once for each suite, and kept in the test bed's folder; unpacked anew each time. */
  static async make(suite: string, root: string): Promise<PackageChroot> {
    const tar = labPath('cache', `minbase-${suite}.tar`)
    if (!existsSync(tar)) {
      await mkdir(labPath('cache'), { recursive: true })
      // A run that is cut short leaves no half of it under its name.
      const work = `${tar}.${process.pid}`
      await run('mmdebstrap', ['--quiet', '--variant=minbase', '--format=tar', suite, work])
      await rename(work, tar)
    }
    await mkdir(root, { recursive: true })
    await run('tar', ['--extract', '--file', tar, '--directory', root])
    return new PackageChroot(root)
  }

  /** Runs a command in it, with a /proc of its own that ends with the command. */
  async run(command: string, user = '0:0'): Promise<Answer> {
    const script = 'mount -t proc proc "$1/proc" && exec chroot --userspec="$2" "$1" /bin/sh -c "$3"'
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: '/nonexistent',
      DEBIAN_FRONTEND: 'noninteractive',
    }
    const argv = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', this.root, user, command]
    try {
      return { code: 0, ...(await run('unshare', argv, { env, maxBuffer: 64 * 1024 * 1024 })) }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, stdout, stderr }
    }
  }

  async install(deb: string): Promise<Answer> {
    await copyFile(deb, join(this.root, 'tmp', basename(deb)))
    return this.run(
      `dpkg --force-unsafe-io --install /tmp/${basename(deb)}; code=$?; rm /tmp/${basename(deb)}; exit $code`,
    )
  }

  /** Every path with its kind, but what dpkg itself writes down and what the tests put there. */
  async paths(): Promise<readonly string[]> {
    const { stdout } = await this.run(
      "find / -xdev -path /proc -prune -o -path /tmp -prune -o -path /var/lib/dpkg -prune -o -path '/var/log/*' -prune -o -printf '%y %p\\n'",
    )
    return stdout.split('\n').toSorted()
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

/** Builds the Debian package and gives its path; with `--fast` it is not compressed. */
export async function buildPackage(out: string, ...more: readonly string[]): Promise<string> {
  const argv = [
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'scripts/package.ts'),
    'deb',
    '--out',
    out,
  ]
  return (await run(process.execPath, [...argv, ...more])).stdout.trim()
}
