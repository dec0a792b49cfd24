import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectStack, findVolume } from '../../stack/index.ts'
import { describedDisk, treeFileSystem } from '../../testing/index.ts'
import type { Tree } from '../../testing/index.ts'
import { ImageFiles } from '../image-files.ts'
import { GrubDevices } from './devices.ts'
import { parseEnvironmentBlock } from './environment.ts'
import { GrubMachine } from './machine.ts'
import type { GrubEntry, GrubMenu } from './machine.ts'
import { parseGrubScript } from './script.ts'
import { GrubSyntaxError } from './tokens.ts'

const ROOT_UUID = '72da3e4b-b7dc-4797-b4f8-06fb4a763c05'

async function run(script: string, tree: Tree = {}): Promise<GrubMenu> {
  const boot = treeFileSystem({ ...tree, '/grub2/grub.cfg': script }, { label: 'boot' })
  const root = treeFileSystem({ '/etc/x': '' }, { uuid: ROOT_UUID, label: 'root' })
  const { source, readers } = describedDisk({
    scheme: 'gpt',
    partitions: [{ nothing: true }, { fileSystem: boot }, { fileSystem: root }],
  })
  const disk = await detectStack(source, readers)
  const files = new ImageFiles()
  const volume = findVolume(disk, 'p2')
  const configuration = await files.text(volume, '/grub2/grub.cfg')
  assert.ok(configuration)
  return new GrubMachine(files, new GrubDevices(disk)).run(volume, configuration, '/grub2', 'efi')
}

const value = ({ variables }: GrubMenu, name: string): string | undefined => variables.get(name)?.value
const line = (entry: GrubEntry | undefined): string =>
  entry?.arguments.map(({ text }) => text).join(' ') ?? ''

test('words are put together from quotes, variables and text', async () => {
  const menu = await run(
    `a=1\nset b="x $a \\$a \\"q\\"" # comment\nset c='$a "'; set d=p\${a}q$a\nset e=one\\ two\nset f="a\\\nb"\nset g=""\nset h=no#comment`,
  )
  assert.equal(value(menu, 'b'), 'x 1 $a "q"')
  assert.equal(value(menu, 'c'), '$a "')
  assert.equal(value(menu, 'd'), 'p1q1')
  assert.equal(value(menu, 'e'), 'one two')
  assert.equal(value(menu, 'f'), 'ab')
  assert.equal(value(menu, 'g'), '')
  assert.equal(value(menu, 'h'), 'no#comment')
})

test('conditions are decided by variables and by files of the image', async () => {
  const menu = await run(
    `if [ "$a" = "" ]; then set r1=yes; else set r1=no; fi
if [ -n "$prefix" -a ! -z "$prefix" ] ; then r2=yes ; fi
if [ -s $prefix/grub.cfg ]; then r3=yes; elif true; then r3=no; fi
if test -f /nothing; then r4=no
elif [ -d /grub2 ]; then
  r4=yes
fi
if ! unknown_command; then r5=yes; fi
if keystatus --shift; then r6=no; else r6=yes; fi
for word in a b $prefix; do r7="$r7+$word"; done
function f { r8=yes; }
f`,
  )
  for (const name of ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r8']) assert.equal(value(menu, name), 'yes', name)
  assert.equal(value(menu, 'r7'), '+a+b+(hd0,gpt2)/grub2')
  assert.ok(menu.understood)
})

test('search finds devices by UUID, label and file, in each of its forms', async () => {
  const menu = await run(
    `search --no-floppy --fs-uuid --set=a --hint-bios=hd0,gpt9 ${ROOT_UUID}
search --set b --label root
search.fs_uuid ${ROOT_UUID} c hd0,gpt3
search --file --set=d /etc/x
search -u ${ROOT_UUID} -s
if search --set=e --label gone; then e=found; fi
probe --set=f --fs-uuid $a`,
  )
  for (const name of ['a', 'b', 'c', 'd', 'root']) assert.equal(value(menu, name), 'hd0,gpt3', name)
  assert.equal(value(menu, 'e'), undefined)
  assert.equal(value(menu, 'f'), ROOT_UUID)
})

test('menu entries have their kernel, arguments and initrds, with where each was written', async () => {
  const menu = await run(
    `set default="0"
set linux_args="quiet   splash"
menuentry 'Debian GNU/Linux' --class debian --id 'gnulinux-simple-1' {
	insmod ext2
	set root='hd0,gpt2'
	search --no-floppy --fs-uuid --set=root ${ROOT_UUID}
	linux	/boot/vmlinuz-6.1.0-28-amd64 root=UUID=${ROOT_UUID} ro $linux_args console="ttyS0 x"
	initrd	/boot/a.img (hd0,gpt2)/b.img
}
submenu 'Advanced options' $menuentry_id_option 'adv' {
	menuentry 'recovery' $menuentry_id_option 'rec' { linux /boot/v single
	}
}
menuentry 'Chain' { chainloader +1
}`,
  )
  const [first, second, third] = menu.entries
  assert.equal(menu.entries.length, 3)
  assert.equal(first?.title, 'Debian GNU/Linux')
  assert.equal(first.id, 'gnulinux-simple-1')
  assert.equal(first.kernel?.volume.address, 'p3')
  assert.equal(first.kernel.path, '/boot/vmlinuz-6.1.0-28-amd64')
  assert.equal(line(first), `root=UUID=${ROOT_UUID} ro quiet splash console=ttyS0 x`)
  assert.deepEqual(first.arguments[2]?.source, { kind: 'grub.cfg', file: 'p2:/grub2/grub.cfg', line: 2 })
  assert.deepEqual(first.arguments[0]?.source, { kind: 'grub.cfg', file: 'p2:/grub2/grub.cfg', line: 7 })
  assert.deepEqual(
    first.initrds.map(({ volume, path }) => [volume.address, path]),
    [
      ['p3', '/boot/a.img'],
      ['p2', '/b.img'],
    ],
  )
  assert.equal(second?.position, '1>0')
  assert.equal(second.kernel?.volume.address, 'p2')
  assert.equal(third?.kernel, undefined)
})

test('Fedora CoreOS asks for its first boot where the stamp is there, and only there', async () => {
  const script = `set ignition_firstboot=""
if [ -f "/ignition.firstboot" ]; then
    set ignition_network_kcmdline=''
    source "/ignition.firstboot"
    set ignition_firstboot="ignition.firstboot \${ignition_network_kcmdline}"
fi
blscfg`
  const first = await run(script, { '/ignition.firstboot': 'set ignition_network_kcmdline="ip=dhcp"\n' })
  assert.equal(value(first, 'ignition_firstboot'), 'ignition.firstboot ip=dhcp')
  assert.equal(first.blsVolume?.address, 'p2')
  const later = await run(script)
  assert.equal(value(later, 'ignition_firstboot'), '')
})

test('an environment block is loaded, whole or in part, with its lines', async () => {
  const block =
    '# GRUB Environment Block\n# WARNING: x\nsaved_entry=abc\nkernelopts=root=UUID=1 ro\\\nq a\\\\b \n#####'
  assert.equal(parseEnvironmentBlock(block, 'f')?.get('kernelopts')?.value, 'root=UUID=1 ro\nq a\\b ')
  assert.deepEqual(parseEnvironmentBlock(block, 'f')?.get('saved_entry')?.source, {
    kind: 'grubenv',
    file: 'f',
    line: 3,
  })
  assert.equal(parseEnvironmentBlock('saved_entry=abc\n', 'f'), undefined)
  const menu = await run('load_env -f ${prefix}/grubenv saved_entry', { '/grub2/grubenv': block })
  assert.equal(value(menu, 'saved_entry'), 'abc')
  assert.equal(value(menu, 'kernelopts'), undefined)
})

test('what is not understood is said, and what stands before it is kept', async () => {
  const menu = await run(`a=1\nwhile true; do a=2; done\nb=1`)
  assert.equal(value(menu, 'b'), '1')
  assert.equal(menu.understood, false)
  assert.deepEqual(
    menu.findings.map(({ code, subject }) => [code, subject]),
    [['CONFIGURATION_NOT_UNDERSTOOD', 'p2:/grub2/grub.cfg:2']],
  )
  const broken = await run(`set a='never closed`)
  assert.deepEqual(
    broken.findings.map(({ subject }) => subject),
    ['p2:/grub2/grub.cfg:1'],
  )
})

test('a script that calls itself or never ends is given up', async () => {
  const menu = await run('function f { f; f; }\nf\nsource /grub2/grub.cfg')
  assert.equal(menu.understood, false)
})

test('a script that is cut or nested without end is a syntax error with its line', () => {
  for (const text of [
    'if true; then',
    'menuentry x {\n',
    'for a in b; do',
    '"',
    'if true; then '.repeat(100),
  ]) {
    assert.throws(() => parseGrubScript(text), GrubSyntaxError, text.slice(0, 20))
  }
})
