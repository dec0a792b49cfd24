import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../folders/index.ts'
import { ARCHITECTURES, PROGRAMS } from './architectures.ts'
import type { Architecture } from './architectures.ts'
import { raise } from './errors.ts'
import { runProgram } from './run-program.ts'
import type { Said } from './run-program.ts'

export type PackageWish = Readonly<{
  architecture: Architecture
  /** Names of more packages, such as those with firmware. */
  more: readonly string[]
  /** Of Debian: `trixie`. Without it, what apt of this machine uses. */
  suite?: string
  /** Address of a mirror: `http://…/debian`. Without it, the mirrors of apt of this machine. */
  mirror?: string
}>

/** What nothing of the ramdisk needs, though it is depended on: scripts in Perl, and the tools that build other initramfs. */
const NOT_NEEDED =
  /^(?:perl|libperl|perl-modules|sg3-utils|libsgutils|initramfs-tools|linux-base|dracut|libconfig-general|adduser|passwd|libpam|debconf|dpkg|tar|klibc|libklibc|uuid-runtime)/
/** A mirror that sends nothing for this long is dead. */
const SILENCE_MS = 180_000
const KEYRINGS = ['debian-archive-keyring.gpg', 'debian-archive-keyring.pgp'].map(
  (name) => `/usr/share/keyrings/${name}`,
)

/** Whether the packages are downloaded, or only named. */
export type FetchMode = 'download' | 'name'

/**
 * Downloads the packages into `packages` of `directory`: with apt, whose lists and state lie in `directory`, too. Nothing is installed,
 * and no root is needed. apt verifies the signatures of the mirror.
 * @throws RAMDISK_TOOL_MISSING, RAMDISK_DOWNLOAD, RAMDISK_SOURCES
 */
export async function fetchPackages(
  wish: PackageWish,
  directory: string,
  mode: FetchMode,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const options = await ownApt(wish, directory, signal)
  const apt = async (words: readonly string[], cwd = directory): Promise<Said> => {
    const said = await runProgram([...words.slice(0, 1), ...options, ...words.slice(1)], {
      package: 'apt',
      silenceMs: SILENCE_MS,
      cwd,
      onLine,
      signal,
    })
    if (said.code !== 0) throw failed(words, said)
    return said
  }
  await apt(['apt-get', 'update', '-q'])
  const names = [
    ARCHITECTURES[wish.architecture].kernelPackage,
    ...new Set(PROGRAMS.map((one) => one.package)),
  ]
  const install = ['install', '--print-uris', '-qq', '-y', '--no-install-recommends', ...names, ...wish.more]
  const { stdout } = await apt(['apt-get', ...install])
  // 'http://…' name_version_architecture.deb size digest
  const archives = [...stdout.matchAll(/^'[^']*' (\S+)_(\S+)_\w+\.deb \d+/gm)]
  const wanted = archives
    .filter(([, name = '']) => !NOT_NEEDED.test(name))
    .map(([, name = '', version = '']) => `${name}=${decodeURIComponent(version)}`)
  if (mode === 'name') return wanted
  const packages = join(directory, 'packages')
  await mkdir(packages)
  await apt(['apt-get', 'download', '-q', ...wanted], packages)
  return wanted
}

async function ownApt(wish: PackageWish, directory: string, signal: AbortSignal): Promise<readonly string[]> {
  await makeFolder(join(directory, 'lists/partial'))
  await makeFolder(join(directory, 'cache/archives/partial'))
  await writeFile(join(directory, 'status'), '')
  const settings = {
    'Dir::State': directory,
    'Dir::State::lists': join(directory, 'lists'),
    'Dir::State::status': join(directory, 'status'),
    'Dir::Cache': join(directory, 'cache'),
    'APT::Architecture': wish.architecture,
    'APT::Architectures': wish.architecture,
    'APT::Sandbox::User': process.getuid?.() === 0 ? 'root' : '',
    'APT::Status-Fd': '2',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '60',
    ...(await ownSources(wish, directory, signal)),
  }
  return Object.entries(settings).flatMap(([name, value]) => (value === '' ? [] : ['-o', `${name}=${value}`]))
}

/** Where the mirror or the suite is given: sources of our own in place of the machine's. */
async function ownSources(
  wish: PackageWish,
  directory: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { suite, mirror } = wish
  if (suite === undefined && mirror === undefined) return {}
  const host =
    /^VERSION_CODENAME=(\w+)/m.exec(await readFile('/etc/os-release', 'utf8').catch(() => ''))?.[1] ??
    'bookworm'
  const wanted = suite ?? host
  const entries =
    mirror === undefined ? await mirrorsOfHost(host, wanted, signal) : [`${mirror} ${wanted} main`]
  if (entries.length === 0) throw raise('RAMDISK_SOURCES', { suite: wanted, host })
  const keyring = await firstThatExists(KEYRINGS)
  const signed = keyring === undefined ? '' : `[signed-by=${keyring}] `
  const file = join(directory, 'sources.list')
  await writeFile(file, entries.map((entry) => `deb ${signed}${entry}\n`).join(''))
  return { 'Dir::Etc::sourcelist': file, 'Dir::Etc::sourceparts': '/dev/null' }
}

/** The lines of the machine's own sources for the component main, with its suite replaced: `URI SUITE main`. */
async function mirrorsOfHost(host: string, suite: string, signal: AbortSignal): Promise<readonly string[]> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const words = ['apt-get', 'indextargets', '--format', format]
  const { stdout } = await runProgram(words, { package: 'apt', signal })
  const entries = new Set<string>()
  for (const line of stdout.split('\n')) {
    const [uri = '', release = '', component = ''] = line.split(' ')
    if (component !== 'main' || !(release === host || release.startsWith(`${host}-`))) continue
    const rest = release.slice(host.length)
    if (/backports|proposed/.test(rest)) continue
    if (rest !== '' && /^(?:sid|unstable|experimental)$/.test(suite)) continue
    entries.add(`${uri} ${suite}${rest} main`)
  }
  return [...entries]
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (exists) return path
  }
  return undefined
}

function failed(words: readonly string[], said: Said): Error {
  const lines = said.stderr.split('\n').filter((line) => /^(?:E|W|Err)[: ]/.test(line))
  const last = (lines.length > 0 ? lines : said.stderr.trim().split('\n')).slice(-3).join('; ')
  const program = words.slice(0, 2).join(' ')
  return raise('RAMDISK_DOWNLOAD', { program, why: `ended with ${said.code}: ${last}` })
}
