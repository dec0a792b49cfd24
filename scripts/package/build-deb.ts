import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../source/index.ts'
import type { Edition } from '../source/index.ts'
import { MAINTAINER, debTree } from './deb-tree.ts'
import type { DebTree } from './deb-tree.ts'

const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'] as const

/** As Debian names processors (dpkg-architecture(1)), by Node's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export type DebOptions = Readonly<{
  edition: Edition
  /** Folder for the result. */
  out: string
  /** Arguments of dpkg-deb: `-Zxz`, or `-Znone`, which takes seconds instead of a minute and four times the space. */
  compression: readonly string[]
}>

/**
 * Builds `anneal_VERSION_ARCHITECTURE.deb` and gives its path. The same sources give the same bytes: names are sorted, times
 * are those of the edition, owner is root, and nothing of this machine goes in.
 */
export async function buildDeb({ edition, out, compression }: DebOptions): Promise<string> {
  const architecture = ARCHITECTURES[process.arch]
  if (architecture === undefined) throw new Error(`Debian has no name for ${process.arch}`)
  const tree = await debTree(edition)
  const work = mkdtempSync(join(tmpdir(), 'anneal-deb-'))
  try {
    const root = join(work, 'root')
    writeTree(root, tree)
    mkdirSync(join(root, 'DEBIAN'))
    for (const [name, text] of Object.entries(controlFiles(tree, edition, architecture))) {
      writeFileSync(join(root, 'DEBIAN', name), text)
      chmodSync(join(root, 'DEBIAN', name), SCRIPTS.some((script) => script === name) ? 0o755 : 0o644)
    }
    settle(root, edition.date)
    mkdirSync(out, { recursive: true })
    const target = join(out, `anneal_${edition.version}_${architecture}.deb`)
    execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, target], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(edition.date.getTime() / 1000) },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return target
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function writeTree(root: string, { files, links }: DebTree): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  for (const { path, mode } of files) chmodSync(join(root, path), mode)
  for (const { path, target } of links) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(target, join(root, path))
  }
}

/** Rights of folders do not depend on the umask, nor any time on the clock. */
function settle(folder: string, date: Date): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) settle(path, date)
    else lutimesSync(path, date, date)
  }
  chmodSync(folder, 0o755)
  lutimesSync(folder, date, date)
}

/** Source: deb-control(5), deb-conffiles(5), deb-md5sums(5). */
function controlFiles(
  { files }: DebTree,
  { version }: Edition,
  architecture: string,
): Readonly<Record<string, string>> {
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0)
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  const control = [
    'Package: anneal',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    // What the bundled Node is linked with.
    'Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 5.2)',
    'Suggests: docker.io | podman, mmdebstrap, bzip2, lz4, lzop, man-db',
    'Section: admin',
    'Priority: optional',
    'Description: live upgrades of OpenStack compute nodes, and images for bare metal',
    ' Anneal replaces the containers of a compute node (libvirt, nova-compute, the',
    ' network agent) while its virtual machines run on: the whole release or nothing,',
    ' proven before and after. It also reads cloud images without root and turns them',
    ' into what bare metal boots, and deploys them through OpenStack Ironic.',
    ' .',
    ' This package brings the Node.js that it runs on.',
    '',
  ]
  return {
    control: control.join('\n'),
    conffiles: sorted.flatMap(({ path }) => (path.startsWith('etc/') ? [`/${path}\n`] : [])).join(''),
    md5sums: sorted
      .filter(({ path }) => !path.startsWith('etc/'))
      .map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
      .join(''),
    ...Object.fromEntries(
      SCRIPTS.map((name) => [name, readFileSync(join(ROOT, 'packaging/debian', name), 'utf8')]),
    ),
  }
}
