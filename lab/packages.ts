import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { raise } from './errors.ts'
import { run, say, tail } from './run.ts'

/** What the test bed runs on the machine itself, and the Debian package that brings it. */
const NEEDED: readonly Readonly<{ program: string; packages: readonly string[] }>[] = [
  { program: 'dockerd', packages: ['docker.io'] },
  { program: 'docker', packages: ['docker.io'] },
  { program: 'runc', packages: ['runc'] },
  { program: 'mmdebstrap', packages: ['mmdebstrap'] },
  { program: 'cpio', packages: ['cpio'] },
  { program: 'busybox', packages: ['busybox-static'] },
  { program: 'jq', packages: ['jq'] },
  { program: 'cc', packages: ['gcc', 'libc6-dev'] },
  { program: 'dpkg-deb', packages: ['dpkg'] },
]

/** Debian keeps daemons in sbin, which a plain user's PATH may lack. */
const EXTRA_PATH = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']

export type PackageReport = Readonly<{ installed: readonly string[] }>

/**
 * Installs what is missing; does nothing where all is there. Says on stderr what it installs.
 * Throws LAB_NOT_ROOT, LAB_NO_APT, LAB_PACKAGE_INSTALL.
 */
export async function ensurePackages(): Promise<PackageReport> {
  requireRoot()
  const missing = NEEDED.filter(({ program }) => !onPath(program))
  if (missing.length === 0) return { installed: [] }
  const packages = [...new Set(missing.flatMap((need) => need.packages))]
  if (!onPath('apt-get')) {
    throw raise('LAB_NO_APT', { packages, programs: missing.map((need) => need.program) })
  }
  say(`installing Debian packages: ${packages.join(' ')}`)
  // The engine of the test bed is started by hand: the packages' own services need not run.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const install = ['apt-get', 'install', '-qy', '--no-install-recommends', ...packages]
  let result = await run(install, { env })
  if (result.exitCode !== 0) {
    await run(['apt-get', 'update', '-q'], { env })
    result = await run(install, { env })
  }
  if (result.exitCode !== 0) {
    throw raise('LAB_PACKAGE_INSTALL', { packages, output: tail(result.stderr + result.stdout) })
  }
  return { installed: packages }
}

export function requireRoot(): void {
  const uid = process.getuid?.() ?? -1
  if (uid !== 0) throw raise('LAB_NOT_ROOT', { uid })
}

function onPath(program: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(':'), ...EXTRA_PATH]
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
