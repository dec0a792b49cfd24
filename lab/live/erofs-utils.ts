import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { ensureAtomicImagePackages } from '../packages.ts'
import { labPath } from '../paths.ts'
import { must, say } from '../run.ts'

const SUITE = 'trixie'

/**
 * A directory for PATH with the mkfs.erofs of Debian 13, which reads an archive from its standard input; that of Debian 12 does
 * not. It runs with the libraries of its own suite, on the files of this machine. Unpacked once.
 */
export async function erofsUtils(): Promise<string> {
  await ensureAtomicImagePackages()
  const path = labPath('live', `erofs-utils-${SUITE}`)
  mkdirSync(labPath('live'), { recursive: true })
  return withLock(labPath('erofs-utils.lock'), async () => {
    const programs = join(path, 'programs')
    if (existsSync(programs)) return programs
    say(`unpacking the erofs-utils of ${SUITE} (once)`)
    const work = `${path}.new`
    rmSync(work, { recursive: true, force: true })
    const argv = [
      'mmdebstrap',
      '--quiet',
      '--mode=root',
      '--variant=extract',
      '--include=erofs-utils',
      SUITE,
      work,
    ]
    await must('unpack erofs-utils', argv)
    mkdirSync(join(work, 'programs'))
    const program = join(work, 'programs/mkfs.erofs')
    writeFileSync(program, wrapper(path))
    chmodSync(program, 0o755)
    renameSync(work, path)
    return programs
  })
}

function wrapper(root: string): string {
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  return `#!/bin/sh
exec '${libraries}/ld-linux-x86-64.so.2' --library-path '${libraries}' '${root}/usr/bin/mkfs.erofs' "$@"
`
}
