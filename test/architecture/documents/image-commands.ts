import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { EXIT } from '../../../src/core/index.ts'
import { cpioHeader, cpioTrailer } from '../../../src/formats/cpio/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'
import { writeLayout } from '../../fixtures/oci-layout.ts'
import { writeTar } from '../../fixtures/tar-writer.ts'
import { runCommand } from './run-command.ts'
import type { Scenario } from './scenario.ts'
import { SmallRegistry } from '../../fixtures/small-registry.ts'

const IMAGE = join(ROOT, 'test/fixtures/images/small-system.img.zst')

/** Without mksquashfs a machine makes no live image. */
export const CAN_MAKE_LIVE_IMAGES = spawnSync('mksquashfs', ['-version']).error === undefined

/** Commands on an image file. */
export function imageScenarios(directory: string): readonly Scenario[] {
  const at = (name: string): string => join(directory, name)
  return [
    { name: 'image inspect', run: () => runCommand('image', 'inspect', IMAGE, '--karg', 'quiet') },
    {
      name: 'image inspect of an image that boots nothing',
      run: () => runCommand('image', 'inspect', join(ROOT, 'src/formats/fat/fixtures/fat16.img.zst')),
    },
    {
      name: 'image inspect of a container',
      run: () => runCommand('image', 'inspect', `oci:${container(directory)}`),
    },
    { name: 'image ls of a directory', run: () => runCommand('image', 'ls', IMAGE, '/boot') },
    { name: 'image ls of a link', run: () => runCommand('image', 'ls', IMAGE, '/etc') },
    {
      name: 'image extract --dry-run',
      run: () => runCommand('image', 'extract', IMAGE, '/etc/fstab', '-n', '-o', at('fstab')),
    },
    {
      name: 'image extract',
      run: () => runCommand('image', 'extract', IMAGE, '/etc/fstab', '-o', at('fstab')),
    },
    { name: 'image convert --dry-run', run: () => runCommand('image', 'convert', IMAGE, '--dry-run') },
    {
      name: 'image convert --boot-only --dry-run',
      run: () => runCommand('image', 'convert', IMAGE, '--boot-only', '--dry-run'),
    },
    { name: 'image convert', run: () => runCommand('image', 'convert', IMAGE, '-o', at('converted')) },
    {
      name: 'image convert of a whole disk',
      run: () => runCommand('image', 'convert', IMAGE, '--whole-disk', '--karg', 'quiet', '-o', at('whole')),
    },
    {
      name: 'image convert --boot-only',
      run: () => runCommand('image', 'convert', IMAGE, '--boot-only', '-o', at('boot')),
    },
    ...(CAN_MAKE_LIVE_IMAGES
      ? [
          {
            name: 'image convert --live',
            run: () =>
              runCommand('image', 'convert', `oci:${container(directory)}`, '--live', '-o', at('live')),
          },
        ]
      : []),
    { name: 'image push to a registry', run: pushToRegistry },
    {
      name: 'image ls of a path that is not there',
      exit: EXIT.refused,
      run: () => runCommand('image', 'ls', IMAGE, '/nowhere'),
    },
  ]
}

async function pushToRegistry(): ReturnType<Scenario['run']> {
  const registry = new SmallRegistry()
  try {
    const to = `oci://${await registry.open()}/team/disk:one`
    return await runCommand('image', 'push', IMAGE, to, '--insecure-registry')
  } finally {
    registry.close()
  }
}

/** Names of what dracut’s module dmsquash-live puts into an initramfs. */
function liveInitramfs(): Uint8Array {
  const hooks = 'usr/lib/dracut/hooks'
  const names = [`${hooks}/cmdline/30-parse-dmsquash-live.sh`, `${hooks}/mount/01-mount-overlayfs.sh`]
  const headers = names.map((name) => cpioHeader({ name, mode: 0o100644, sizeBytes: 0 }))
  return Buffer.concat([...headers, cpioTrailer()])
}

/** A bootable container, as small as one can be. */
function container(directory: string): string {
  const path = join(directory, 'container')
  const modules = 'usr/lib/modules/6.1.0-1'
  const layer = writeTar([
    { path: `${modules}/vmlinuz`, content: 'kernel' },
    { path: `${modules}/initramfs.img`, content: liveInitramfs() },
    { path: 'usr/lib/bootc/kargs.d/a.toml', content: 'kargs = ["quiet"]\n' },
    { path: 'usr/lib/bootc/install/a.toml', content: '[install]\nroot-fs-type = "xfs"\n' },
    { path: 'usr/lib/ostree/prepare-root.conf', content: '[composefs]\nenabled = yes\n' },
  ])
  writeLayout(path, [layer], { labels: { 'containers.bootc': '1' } })
  return path
}
