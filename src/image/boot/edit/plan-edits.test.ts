import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import { look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk } from '../../testing/index.ts'
import { entriesToEdit } from './entries-to-edit.ts'
import { applyFileEdit, isSameArguments, planArgumentEdits } from './plan-edits.ts'
import type { ArgumentWishes } from './plan-edits.ts'

const ROOT = 'root=UUID=72da3e4b'
const SYSTEM = { '/etc/os-release': 'ID=x\n', '/usr/lib/x': '' }
const KERNELS = {
  '/boot/vmlinuz-1': 'k',
  '/boot/vmlinuz-2': 'k',
  '/boot/initrd-1': 'i',
  '/boot/initrd-2': 'i',
}
const bls = (version: number, options: string, title = `Linux ${version}`): string =>
  `title ${title}\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initrd-${version}\n${options}`
const menuEntry = (version: number, title: string, rest: string): string =>
  `menuentry '${title}' --id 'i${version}-${title.length}' {\n\tlinux\t/boot/vmlinuz-${version} ${rest}\n\tinitrd /boot/initrd-${version}\n}\n`
const ENTRY = '/boot/loader/entries/m-1.conf'
const BLSCFG = { '/boot/grub2/grub.cfg': 'load_env\nblscfg\n' }
const GRUBENV = '# GRUB Environment Block\nsaved_entry=m-1\nkernelopts=root=UUID=72da3e4b ro quiet \n'

type Files = Readonly<Record<string, string>>

/** The texts that change, once the entries were seen to say what was asked for. */
async function edit(files: Files, wishes: Partial<ArgumentWishes>, deployment?: string): Promise<Files> {
  const whole = { ...SYSTEM, ...KERNELS, ...files }
  const described = (tree: Files): DescribedDisk => ({ partitions: [{ fileSystem: treeFileSystem(tree) }] })
  const { disk, inventory } = await look(described(whole))
  const entries = await entriesToEdit(disk, inventory, deployment)
  const asked = { append: [], delete: [], ...wishes }
  const plan = planArgumentEdits(entries, [inventory.loader], asked)
  const changed: Record<string, string> = {}
  for (const file of plan.files) {
    const path = file.file.replace(/^p1:/, '')
    changed[path] = applyFileEdit(whole[path as keyof typeof whole] ?? '', file)
  }
  const after = await look(described({ ...whole, ...changed }))
  const again = await entriesToEdit(after.disk, after.inventory, deployment)
  for (const { file, id, arguments: expected } of plan.expected) {
    const now = again.find((one) => one.file === file && one.id === id)
    assert.ok(now !== undefined && isSameArguments(now.arguments, expected), `${id} of ${file}`)
  }
  return changed
}

describe('kernel arguments of a BLS entry', () => {
  test('are added behind those that are there', async () => {
    const changed = await edit(
      { ...BLSCFG, [ENTRY]: bls(1, `options ${ROOT}  ro\n`) },
      { append: ['a=1', 'b'] },
    )
    assert.deepEqual(changed, { [ENTRY]: bls(1, `options ${ROOT} ro a=1 b\n`) })
  })

  test('are removed, and empty lines keep the file as long as it was', async () => {
    const changed = await edit(
      { ...BLSCFG, [ENTRY]: bls(1, `options ${ROOT} quiet\nid x\n`) },
      { delete: ['quiet'] },
    )
    assert.deepEqual(changed, { [ENTRY]: bls(1, `options ${ROOT}\nid x\n\n\n\n\n\n\n`) })
  })

  test('go in front of what is init’s, and take the place of what counts once', async () => {
    const changed = await edit(
      { ...BLSCFG, [ENTRY]: bls(1, `options ${ROOT} ro -- single\n`) },
      { append: ['root=/dev/vda1'] },
    )
    assert.match(changed[ENTRY] ?? '', /^options ro root=\/dev\/vda1 -- single$/m)
  })

  test('get a line of their own where the entry has none', async () => {
    const changed = await edit({ ...BLSCFG, [ENTRY]: bls(1, '').trimEnd() }, { append: ['a=1'] })
    assert.match(changed[ENTRY] ?? '', /\ninitrd \/initrd-1\noptions a=1\n$/)
  })

  test('go to the first of several lines, the only one that GRUB reads', async () => {
    const changed = await edit(
      { ...BLSCFG, [ENTRY]: bls(1, `options ${ROOT} ro\noptions quiet x\n`) },
      { append: ['a=1'], delete: ['root'] },
    )
    assert.match(changed[ENTRY] ?? '', /^options ro a=1\noptions quiet x$/m)
  })

  test('change in every kernel of the same root, and not in the rescue entry', async () => {
    const rescue = '/boot/loader/entries/m-0-rescue.conf'
    const changed = await edit(
      {
        ...BLSCFG,
        [ENTRY]: bls(1, `options ${ROOT} quiet\n`),
        '/boot/loader/entries/m-2.conf': bls(2, `options ${ROOT}\n`),
        [rescue]: bls(1, `options ${ROOT}\n`),
        '/boot/loader/entries/o-2.conf': bls(2, 'options root=UUID=other\n'),
      },
      { append: ['a'], delete: ['quiet'] },
      'm-1',
    )
    assert.deepEqual(Object.keys(changed).toSorted(), [ENTRY, '/boot/loader/entries/m-2.conf'])
  })

  test('that GRUB’s script would read for itself are refused', async () => {
    const one = { ...BLSCFG, [ENTRY]: bls(1, `options ${ROOT}\n`) }
    for (const text of ['a=$x', "a='b'", 'a=b;c', 'a={}', 'a=ü']) {
      await assert.rejects(edit(one, { append: [text] }), (error) =>
        isAnnealError(error, 'KARG_EDIT_REFUSED'),
      )
    }
  })
})

describe('kernel arguments in GRUB’s environment block', () => {
  const files = (fill: number): Files => ({
    '/boot/grub2/grub.cfg': 'load_env\nset default="${saved_entry}"\nblscfg\n',
    '/boot/grub2/grubenv': `${GRUBENV}${'#'.repeat(fill)}`,
    [ENTRY]: bls(1, 'options $kernelopts $tuned_params\n'),
    '/boot/loader/entries/m-2.conf': bls(2, 'options $kernelopts $tuned_params\n'),
  })

  test('change there, once for all entries, and the block keeps its length', async () => {
    const changed = await edit(files(100), { append: ['a=1'], delete: ['quiet'] })
    assert.deepEqual(changed, {
      '/boot/grub2/grubenv': `${GRUBENV.replace('quiet ', 'a=1')}${'#'.repeat(103)}`,
    })
  })

  test('are refused where a value goes on in the rest of the block, or a quote never closes', async () => {
    for (const end of ['quiet \\\n', 'x="y z\n']) {
      const block = `${GRUBENV.replace('quiet \n', end)}${'#'.repeat(100)}`
      // Before it is planned, or when the entries are read again.
      await assert.rejects(edit({ ...files(0), '/boot/grub2/grubenv': block }, { append: ['a=1'] }))
    }
  })

  test('are refused where it has no room', async () => {
    await assert.rejects(edit(files(3), { append: ['abcdef=1'] }), (error) =>
      isAnnealError(error, 'KARG_EDIT_REFUSED'),
    )
  })

  test('stay with the entry where all have arguments of their own', async () => {
    const changed = await edit(
      {
        ...files(100),
        [ENTRY]: bls(1, 'options $kernelopts x=1\n'),
        '/boot/loader/entries/m-2.conf': bls(2, 'options $kernelopts y=1\n'),
      },
      { append: ['a=1'] },
    )
    assert.match(changed[ENTRY] ?? '', /^options \$kernelopts x=1 a=1$/m)
    assert.deepEqual(Object.keys(changed).length, 2)
  })

  test('reach an entry with arguments of its own through the variable where another has none', async () => {
    const changed = await edit(
      { ...files(100), [ENTRY]: bls(1, 'options $kernelopts x=1\n') },
      { append: ['a=1'] },
    )
    assert.deepEqual(Object.keys(changed), ['/boot/grub2/grubenv'])
  })

  test('that grub.cfg sets are removed there', async () => {
    const path = '/boot/grub2/grub.cfg'
    const changed = await edit(
      {
        [path]: `set kernelopts="${ROOT} ro quiet "\nblscfg\n`,
        [ENTRY]: bls(1, 'options $kernelopts\n'),
      },
      { delete: ['quiet'], append: ['a=1'] },
    )
    assert.match(changed[path] ?? '', /^set kernelopts="root=UUID=72da3e4b ro "$/m)
    assert.match(changed[ENTRY] ?? '', /^options \$kernelopts a=1$/m)
  })
})

describe('kernel arguments of a grub.cfg', () => {
  const path = '/boot/grub/grub.cfg'
  const edited = async (rest: string, wishes: Partial<ArgumentWishes>): Promise<string> => {
    const changed = await edit({ [path]: menuEntry(1, 'Debian', rest) }, wishes)
    return /vmlinuz-1 (.*)/.exec(changed[path] ?? '')?.[1] ?? ''
  }

  test('change on the line of `linux`, whose white space stays', async () => {
    assert.equal(
      await edited(`${ROOT} ro  quiet\tx`, { append: ['a'], delete: ['quiet'] }),
      `${ROOT} ro\tx a`,
    )
    assert.equal(await edited(`${ROOT} ro -- single`, { append: ['a'] }), `${ROOT} ro a -- single`)
  })

  test('change in every kernel of the menu, and not in recovery mode', async () => {
    const changed = await edit(
      {
        [path]:
          menuEntry(2, 'Debian', `${ROOT} ro`) +
          menuEntry(1, 'Debian 1', `${ROOT} ro`) +
          menuEntry(1, 'Debian (recovery mode)', `${ROOT} ro single`),
      },
      { append: ['a'] },
    )
    assert.deepEqual(
      [...(changed[path] ?? '').matchAll(/vmlinuz-\d (.*)/g)].map(([, rest]) => rest),
      [`${ROOT} ro a`, `${ROOT} ro a`, `${ROOT} ro single`],
    )
  })

  test('are refused where the line is more than a plain command', async () => {
    for (const rest of [`${ROOT} ro; echo x`, `${ROOT} ro # x`, `${ROOT} \\\n ro`]) {
      await assert.rejects(edited(rest, { append: ['a'] }), (error) =>
        isAnnealError(error, 'KARG_EDIT_REFUSED'),
      )
    }
    await assert.rejects(edited(`${ROOT} "x y"`, { delete: ['x y'] }))
    await assert.rejects(edited(`${ROOT} ab$none`, { delete: ['ab'] }), (error) =>
      isAnnealError(error, 'KARG_EDIT_REFUSED'),
    )
  })

  test('change in the entry that ostree keeps as well', async () => {
    const link = 'ostree=/ostree/boot.1/os/abc/0'
    const deployed = `/ostree/deploy/os/deploy/${'ab'.repeat(32)}.0`
    const tree = {
      [path]: menuEntry(1, 'Atomic', `${ROOT} ${link}`),
      '/boot/loader/entries/ostree-1-os.conf': bls(1, `options ${ROOT} ${link}\n`),
      [`${deployed}/etc/os-release`]: 'ID=x\n',
      '/ostree/boot.1/os/abc/x': '',
    }
    const changed = await edit(tree, { append: ['a'] })
    assert.deepEqual(Object.keys(changed).toSorted(), [path, '/boot/loader/entries/ostree-1-os.conf'])
  })
})

test('kernel arguments of extlinux change on the line APPEND, which no script reads', async () => {
  const path = '/boot/extlinux/extlinux.conf'
  const config = `DEFAULT l\nLABEL l\n  KERNEL /vmlinuz-1\n  INITRD /initrd-1\n  APPEND ${ROOT} ro\n`
  const changed = await edit({ [path]: config }, { append: ["a='b'"] })
  assert.equal(changed[path], config.replace(' ro\n', " ro a='b'\n"))
})

test('taking off what the chosen entry does not have is refused, and what another one does not have is not', async () => {
  const files = {
    ...BLSCFG,
    [ENTRY]: bls(1, `options ${ROOT} x\n`),
    '/boot/loader/entries/m-2.conf': bls(2, `options ${ROOT}\n`),
  }
  assert.deepEqual(Object.keys(await edit(files, { delete: ['x'] }, 'm-1')), [ENTRY])
  await assert.rejects(edit(files, { delete: ['x'] }, 'm-2'), (error) =>
    isAnnealError(error, 'KERNEL_ARGUMENT_ABSENT'),
  )
})
