import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectStack, findVolume } from '../../stack/index.ts'
import { describedDisk, treeFileSystem } from '../../testing/index.ts'
import type { Tree } from '../../testing/index.ts'
import { ImageFiles } from '../image-files.ts'
import { GrubDevices } from './devices.ts'
import { parseEnvironmentBlock } from './environment.ts'
import { runGrub } from './run-grub.ts'
import type { GrubEntry, GrubMenu } from './menu.ts'
import { dialectOf } from './dialect.ts'
import type { GrubKind } from './dialect.ts'

const ROOT_UUID = '72da3e4b-b7dc-4797-b4f8-06fb4a763c05'

async function run(script: string, tree: Tree = {}, kind: GrubKind = 'upstream'): Promise<GrubMenu> {
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
  const setting = {
    dialect: dialectOf(kind),
    platform: 'efi',
    cpu: 'x86_64',
    volume,
    prefix: '/grub2',
  } as const
  return runGrub(files, new GrubDevices(disk), setting, configuration)
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
search -u ${ROOT_UUID} --set
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
}
menuentry 'Xen' {
	multiboot2 /xen.gz placeholder
	module2 /vmlinuz placeholder root=x
}
export menuentry_id_option`,
  )
  const [first, second, third] = menu.entries
  assert.equal(menu.entries.length, 4)
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
  assert.equal(third?.other, 'chainloader +1')
  assert.equal(menu.entries[3]?.other, 'multiboot2 /xen.gz placeholder')
  assert.equal(menu.defaultIndex, 0)
})

test('Fedora CoreOS asks for its first boot where the stamp is there, and only there', async () => {
  const script = `set ignition_firstboot=""
if [ -f "/ignition.firstboot" ]; then
    set ignition_network_kcmdline=''
    source "/ignition.firstboot"
    set ignition_firstboot="ignition.firstboot \${ignition_network_kcmdline}"
fi
blscfg`
  const entry = {
    '/loader/entries/a.conf': 'title A\nlinux /vmlinuz\noptions root=x $ignition_firstboot rw\n',
  }
  const first = await run(
    script,
    { ...entry, '/ignition.firstboot': 'set ignition_network_kcmdline="ip=dhcp"\n' },
    'fedora',
  )
  assert.equal(value(first, 'ignition_firstboot'), 'ignition.firstboot ip=dhcp')
  assert.equal(line(first.entries[0]), 'root=x ignition.firstboot ip=dhcp rw')
  const later = await run(script, entry, 'fedora')
  assert.equal(line(later.entries[0]), 'root=x rw')
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

test('a line that GRUB cannot read gives a warning, and the next line is run', async () => {
  const menu = await run("a=1\nif true; then b=2 & fi\nc=3\nset d='never closed")
  assert.equal(value(menu, 'a'), '1')
  assert.equal(value(menu, 'b'), undefined)
  assert.equal(value(menu, 'c'), '3')
  assert.deepEqual(
    menu.findings.map(({ code, subject }) => [code, subject]),
    [
      ['CONFIGURATION_NOT_UNDERSTOOD', 'p2:/grub2/grub.cfg:2'],
      ['CONFIGURATION_NOT_UNDERSTOOD', 'p2:/grub2/grub.cfg:4'],
    ],
  )
})

test('a script that calls itself or never ends is given up', async () => {
  for (const script of [
    'function f { f; f; }\nf\nsource /grub2/grub.cfg',
    'while true; do a=2; done',
    'a=x; until false; do a="$a$a"; done',
    'menuentry x {\nconfigfile /grub2/grub.cfg\n}',
  ]) {
    assert.equal((await run(script)).understood, false, script)
  }
})

test('a script that is cut or nested without end is left out', async () => {
  for (const text of [
    'if true; then',
    'menuentry x {\n',
    'for a in b; do',
    '"',
    'if true; then '.repeat(100),
  ]) {
    const { entries, findings } = await run(text)
    assert.deepEqual(entries, [])
    assert.equal(findings.length, 1, text.slice(0, 20))
  }
})

test('loops, functions and their parameters run as in GRUB', async () => {
  const menu = await run(`
while [ "$n" != xxx ]; do n="x$n"; if [ $n = xx ]; then continue; fi; r="$r $n"; done
until [ "$m" = yy ]; do m="y$m"; done
for a in 1 2 3; do for b in 1 2; do if [ $a = 2 ]; then break 2; fi; s="$s$a$b"; done; done
function f { t="$# $1 $2"; shift; u="$1"; setparams p q; v="$2"; return 3; w=never; }
f "a b" c
x=$?
function g { for one in "$@"; do y="$y<$one>"; done; for one in $@; do z="$z<$one>"; done; }
g "a b" '' c`)
  const all = ['r', 'm', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'].map((name) => value(menu, name))
  assert.deepEqual(all, [
    ' x xxx',
    'yy',
    '1112',
    '2 a b c',
    'c',
    'q',
    undefined,
    '3',
    '<a b><><c>',
    '<a><b><c>',
  ])
})

test('eval, regexp, wildcards and translated words are run', async () => {
  const menu = await run(
    `eval "set a=1; set b='x y'"
regexp --set=1:c --set 2:d '^([a-z]+)-(.*)$' abc-1.2
if regexp '^x' abc; then e=no; else e=yes; fi
for one in /dir/*.cfg /dir/nothing*; do f="$f $one"; done
g=$"say $a"`,
    { '/dir/a.cfg': '', '/dir/b.cfg': '', '/dir/c.txt': '' },
  )
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => value(menu, name))
  assert.deepEqual(all, ['1', 'x y', 'abc', '1.2', 'yes', ' /dir/a.cfg /dir/b.cfg /dir/nothing*', 'say 1'])
})

test('a menu within a menu sees what is exported; with Fedora’s GRUB it sees everything', async () => {
  const script = `v=plain\nw=shared\nexport w
submenu S { menuentry E { linux /v $v $w; } }`.replace('; } }', '\n}\n}')
  assert.equal(line((await run(script)).entries[0]), 'shared')
  assert.equal(line((await run(script, {}, 'fedora')).entries[0]), 'plain shared')
})

test('default is a number before it is a name; with Fedora’s GRUB it is an id first', async () => {
  const menu = (wanted: string): string =>
    `set default="${wanted}"
menuentry A --id 1 { true
}
menuentry B --id b { true
}
submenu C --id c {
menuentry D { true
}
menuentry E --id e { true
}
}`
  const chosen = async (wanted: string, kind: GrubKind): Promise<string | undefined> => {
    const { entries, defaultIndex } = await run(menu(wanted), {}, kind)
    return defaultIndex === undefined ? undefined : entries[defaultIndex]?.title
  }
  for (const [wanted, upstream, fedora] of [
    ['1', 'B', 'A'],
    ['b', 'B', 'B'],
    ['1x', 'B', 'A'],
    ['2>1', 'E', 'A'],
    ['c>e', 'E', 'E'],
    ['C>D', 'D', 'D'],
    ['9', 'A', 'A'],
  ] as const) {
    assert.equal(await chosen(wanted, 'upstream'), upstream, `upstream ${wanted}`)
    assert.equal(await chosen(wanted, 'fedora'), fedora, `fedora ${wanted}`)
  }
})

test('configfile shows its menu at once, and what stands behind it is not reached', async () => {
  const menu = await run('set default=1\nconfigfile /other.cfg\nmenuentry Late { true\n}', {
    '/other.cfg': 'menuentry One { linux /one\n}\nmenuentry Two { linux /two\n}\n',
  })
  assert.deepEqual(
    menu.entries.map(({ title }) => title),
    ['One', 'Two'],
  )
  assert.equal(menu.defaultIndex, 0)
})

const ENTRIES = {
  '/loader/entries/z-9.conf': 'title Stale\nlinux /old\noptions stale\n',
  '/mine/entries/a-1.conf': 'title Mine\nlinux /new\ninitrd /i\noptions mine\noptions more\n',
}

test('blscfg reads the directory that its option names', async () => {
  const titles = async (script: string, kind: GrubKind): Promise<readonly string[]> =>
    (await run(script, ENTRIES, kind)).entries.map(({ title }) => title)
  assert.deepEqual(await titles('blscfg', 'fedora'), ['Stale'])
  assert.deepEqual(await titles('set blsdir=/mine/entries\nblscfg', 'fedora'), ['Mine'])
  assert.deepEqual(await titles('blscfg (hd0,gpt2)/mine/entries', 'suse'), ['Mine'])
  assert.deepEqual(await titles('blscfg --path /mine/entries', 'upstream-blsuki'), ['Mine'])
  assert.deepEqual(await titles('blscfg --path (hd0,gpt2)/mine/entries/a-1.conf', 'upstream-blsuki'), [
    'Mine',
  ])
  assert.deepEqual(await titles('blscfg', 'upstream'), [])
})

test('the first line of options counts, and variables stand in it', async () => {
  for (const kind of ['fedora', 'upstream-blsuki'] as const) {
    const script = 'set blsdir=/mine/entries\nblscfg --path /mine/entries'
    const asked = kind === 'fedora' ? 'set blsdir=/mine/entries\nblscfg' : script
    assert.equal(line((await run(asked, ENTRIES, kind)).entries[0]), 'mine')
  }
  const menu = await run(
    'set kernelopts="root=x ro"\nset default_kernelopts="shared $kernelopts"\nblscfg',
    {
      '/loader/entries/b.conf': 'linux /b\noptions $kernelopts $gone quiet\n',
      '/loader/entries/a.conf': 'linux /a\n',
    },
    'fedora',
  )
  assert.deepEqual(menu.entries.map(line), ['root=x ro quiet', 'shared root=x ro'])
})
