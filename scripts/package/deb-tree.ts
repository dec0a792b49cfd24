import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { gzipSync } from 'node:zlib'
import { COMPLETIONS } from '../../src/cli/completion/index.ts'
import { loadCommands } from '../../src/cli/commands.ts'
import { configExample } from '../../src/cli/config.ts'
import { manualFiles } from '../manual/index.ts'
import { ROOT } from '../source/index.ts'
import type { Edition } from '../source/index.ts'
import { copyrightFile } from './copyright.ts'
import { productionPackages, readLock, runtimeFiles } from './production-packages.ts'
import { programFiles } from './program-files.ts'

/** A file of the Debian package; `path` from the root of the system it is installed on. */
export type TreeFile = Readonly<{ path: string; mode: number; content: string | Buffer }>
export type TreeLink = Readonly<{ path: string; target: string }>
export type DebTree = Readonly<{ files: readonly TreeFile[]; links: readonly TreeLink[] }>

const HOME = 'usr/lib/anneal'
const DOC = 'usr/share/doc/anneal'
export const MAINTAINER = `${process.env['DEBFULLNAME'] ?? 'The Anneal authors'} <${process.env['DEBEMAIL'] ?? 'anneal@localhost'}>`

/** Everything that the Debian package puts on a system. */
export async function debTree(edition: Edition): Promise<DebTree> {
  const lock = readLock()
  const packages = productionPackages(lock)
  const commands = await loadCommands()
  const files: readonly TreeFile[] = [
    { path: `${HOME}/anneal`, mode: 0o755, content: readFileSync(join(ROOT, 'anneal')) },
    file(`${HOME}/package.json`, manifest(edition)),
    ...programFiles().map(({ path, content }) => file(`${HOME}/${path}`, content)),
    ...packages.flatMap((one) => runtimeFiles(one).map((path) => packageFile(one.place, path))),
    ...folderFiles('images').map(({ path, mode, content }) => ({ path: `${HOME}/${path}`, mode, content })),
    ...existing('docs/commands.md').map((content) => file(`${HOME}/docs/commands.md`, content)),
    file('usr/lib/systemd/system/anneal-recover.service', recoverUnit()),
    file('etc/anneal/config.yaml', readFileSync(join(ROOT, 'packaging/debian/config.yaml'))),
    file('usr/share/bash-completion/completions/anneal', completion('bash')),
    file('usr/share/zsh/vendor-completions/_anneal', completion('zsh')),
    file('usr/share/fish/vendor_completions.d/anneal.fish', completion('fish')),
    ...(await manualFiles(edition)).map(({ path, text }) =>
      path.startsWith('man/') ? file(`usr/share/${path}.gz`, gzipped(text)) : file(`${DOC}/${path}`, text),
    ),
    file(`${DOC}/copyright`, copyrightFile(packages)),
    file(`${DOC}/changelog.gz`, gzipped(debianChangelog(edition))),
    file(`${DOC}/CHANGELOG.md.gz`, gzipped(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))),
    file(`${DOC}/examples/config.yaml`, configExample(commands)),
    ...['examples/compute/compose.yaml', 'examples/compute-ovs/compose.yaml'].map((path) =>
      file(`${DOC}/${path}`, readFileSync(join(ROOT, path))),
    ),
    file(
      'usr/share/lintian/overrides/anneal',
      readFileSync(join(ROOT, 'packaging/debian/lintian-overrides')),
    ),
  ]
  return { files, links: [{ path: 'usr/bin/anneal', target: '../lib/anneal/anneal' }] }

  function completion(shell: string): string {
    return COMPLETIONS.get(shell)?.(commands) ?? ''
  }
}

function file(path: string, content: string | Buffer): TreeFile {
  return { path, mode: 0o644, content }
}

/** Node reads the version and the kind of module; npm has nothing to do there. */
function manifest({ version }: Edition): string {
  const { name, description, license, type } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<string, string>
  return `${JSON.stringify({ name, version, description, license, type }, null, 2)}\n`
}

function packageFile(place: string, path: string): TreeFile {
  const content = readFileSync(join(ROOT, place, path))
  return { path: `${HOME}/${place}/${path}`, mode: path === 'bin/node' ? 0o755 : 0o644, content }
}

/** The files of a folder of the project, with the right to run them that they have there. */
function folderFiles(folder: string): readonly TreeFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: posix.relative(ROOT, path),
      mode: (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755,
      content: readFileSync(path),
    }))
}

function existing(path: string): readonly Buffer[] {
  try {
    return [readFileSync(join(ROOT, path))]
  } catch {
    return []
  }
}

/** The unit with the paths of the package. */
function recoverUnit(): string {
  const unit = readFileSync(join(ROOT, 'packaging/anneal-recover.service'), 'utf8')
  return unit
    .replace(/^# The Debian package[\s\S]*?(?=^\[Unit\])/m, '')
    .replace('file:///opt/anneal/docs/crash-safety.md', 'man:anneal-crash-safety(7)')
    .replaceAll('/opt/anneal/anneal', '/usr/bin/anneal')
}

/** Source: deb-changelog(5). The changes themselves are in CHANGELOG.md. */
function debianChangelog({ version, date }: Edition): string {
  const day = date.toUTCString().replace('GMT', '+0000')
  return `anneal (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz beside this file.\n\n -- ${MAINTAINER}  ${day}\n`
}

/** No name and no time in the head, so that the same text gives the same bytes. */
function gzipped(text: string): Buffer {
  return gzipSync(text, { level: 9 })
}
