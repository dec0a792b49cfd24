/**
 * What `bootctl list` says of a tree. It insists on the root of a file system, which a tmpfs in a mount namespace of its own is.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../run.ts'

/** Where one is installed: `/`, or a directory to change the root to. */
export type Bootctl = Readonly<{ root: string; version: number }>

export type Listed = Readonly<{
  id: string
  title?: string
  version?: string
  linux?: string
  options: readonly string[]
  triesLeft?: number
}>

/** Every bootctl that can be run: this system's, and those below the directories in ANNEAL_SUITES (`:` between them). */
export function findBootctls(): readonly Bootctl[] {
  const roots = ['/', ...(process.env['ANNEAL_SUITES'] ?? '').split(':').filter((one) => one !== '')]
  return roots.flatMap((root) => {
    if (!existsSync(join(root, 'usr/bin/bootctl'))) return []
    const { stdout } = spawnSync('chroot', [root, '/usr/bin/bootctl', '--version'])
    const version = Number(/^systemd (\d+)/.exec(stdout.toString())?.[1])
    return version >= 252 ? [{ root, version }] : []
  })
}

/** The entries in the order of the menu, and the id of the default. */
export function listBoot(
  { root, version }: Bootctl,
  tree: string,
): Readonly<{ entries: readonly Listed[]; defaultId: string | undefined }> {
  const place = join(root, 'run/anneal-esp')
  mkdirSync(place, { recursive: true })
  const script = `set -e
mount -t tmpfs tmpfs "$2"
cp -R "$3/." "$2/"
export SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1
chroot "$1" /usr/bin/bootctl list --json=short --esp-path=/run/anneal-esp 2>&-
echo @text
[ "$4" -ge 257 ] || SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat chroot "$1" /usr/bin/bootctl list --no-pager --esp-path=/run/anneal-esp 2>&-`
  try {
    const printed = run('unshare', ['--mount', 'sh', '-c', script, 'sh', root, place, tree, String(version)])
    const [json = '', text = ''] = printed.split('@text\n')
    const all = readJson(json)
    // Of a unified kernel image `linux` is the image itself, and `cmdline` what is in it.
    const entries = all.map(({ id, title, version: of, linux, uki, profile, options, triesLeft }) => ({
      id: plainId(String(id), profile),
      ...(typeof title === 'string' && { title }),
      ...(typeof of === 'string' && { version: of }),
      ...(typeof linux === 'string' && !/^\/?EFI\//.test(linux) && { linux }),
      // What an EFI program is given is no command line of a kernel.
      options: (typeof options === 'string' && (linux ?? uki) !== undefined ? options : '')
        .split(/\s+/)
        .filter((one) => one !== ''),
      ...(typeof triesLeft === 'number' && { triesLeft }),
    }))
    const byJson = all.findIndex(({ isDefault }) => isDefault === true)
    const byText = /\(default\)[^]*?\n\s*id: (\S+)/.exec(text)?.[1]
    const byDefault = byJson === -1 ? byText?.replace(/\.conf$/i, '.conf') : entries[byJson]?.id
    return { entries, defaultId: byDefault }
  } finally {
    rmdirSync(place)
  }
}

/**
 * bootctl puts the id of an image's first profile behind its name, which systemd-boot does not. Up to 257 it does not say which
 * profile it is; of those that are drawn, only the first has the id `main`.
 */
function plainId(id: string, profile: unknown): string {
  const isFirst = profile === 0 || (profile === undefined && id.endsWith('.efi@main'))
  return (isFirst ? id.replace(/\.efi@.*$/i, '.efi') : id).replace(/\.conf$/i, '.conf')
}

/** Up to 252 an object a line; later an array. */
function readJson(text: string): readonly Readonly<Record<string, unknown>>[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  const whole: unknown = JSON.parse(trimmed.startsWith('[') ? trimmed : `[${trimmed.split('\n').join(',')}]`)
  return Array.isArray(whole) ? whole : []
}
