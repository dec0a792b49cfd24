import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { ROOT } from '../../../scripts/source/index.ts'

/** What holds for every command: how it is asked wrongly, and what becomes of it when nobody takes what it says. */
const run = promisify(execFile)
const ANNEAL = join(ROOT, 'anneal')
const FILE_BYTES = 8 * 1024 * 1024

/** What boots, as far as a reader can tell. */
const SYSTEM = {
  'etc/os-release': 'ID=made\nNAME=Made\n',
  'boot/vmlinuz': 'a kernel',
  'boot/initrd': 'its first files',
  'boot/extlinux/extlinux.conf':
    'LABEL made\n  LINUX /boot/vmlinuz\n  INITRD /boot/initrd\n  APPEND root=/dev/vda quiet\n',
}

/** Runs argv[2…] in a terminal that is held, until the file argv[1] is there; then lets it go on, and prints what came. */
const HELD_TERMINAL = `
import json, os, pty, subprocess, sys, time
master, slave = pty.openpty()
os.write(master, b'\\x13')
child = subprocess.Popen(sys.argv[2:], stdin=slave, stdout=slave, stderr=slave)
os.close(slave)
deadline = time.time() + 30
while not os.path.exists(sys.argv[1]) and time.time() < deadline: time.sleep(0.05)
done = os.path.exists(sys.argv[1]) and child.poll() is None
os.write(master, b'\\x11')
said = b''
try:
    while chunk := os.read(master, 65536): said += chunk
except OSError: pass
print(json.dumps([done, child.wait(), said.decode().lstrip('^S')]))
`

describe('the command line', { skip: existsSync('/sbin/mke2fs') ? false : 'needs e2fsprogs' }, () => {
  let dir = ''
  let image = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-cli-'))
    image = join(dir, 'image.ext4')
    const tree = join(dir, 'tree')
    for (const name of ['boot/extlinux', 'etc']) await mkdir(join(tree, name), { recursive: true })
    for (const [name, text] of Object.entries(SYSTEM)) await writeFile(join(tree, name), text)
    await writeFile(join(tree, 'file'), Buffer.alloc(FILE_BYTES, 'anneal '))
    await writeFile(join(tree, 'a\n\u001B[31mb'), '')
    await run('/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', tree, image, '32M'])
  })
  after(() => rm(dir, { recursive: true, force: true }))

  for (const [argv, why] of [
    [['image', 'extract', 'a', 'b', 'c'], 'it takes IMAGE \\[ADDRESS:\\]PATH, not 3 operands'],
    [['image', 'ls'], 'it needs IMAGE .*'],
    [['image', 'inspect', '--nope', 'x'], 'there is no flag "--nope"'],
    [['image', 'convert', 'x', '--format', 'vmdk'], '--format is one of .*, not "vmdk"'],
    [['image', 'inspect', 'x', '--firmware'], '"--firmware" needs a value'],
    [['image', 'ls', '--long=yes', 'x'], '"-l, --long" takes no value'],
    [['image', 'convert', 'x'], 'it needs a directory for the results \\(-o DIR\\)'],
    [['image', 'convert', 'x', '-o', '-', '--format', 'qcow2'], '--format qcow2 is about files.*'],
    [['image', 'upgrade'], 'there is no such command'],
    [
      ['image', 'extract', 'a', 'b', '-o', '-'],
      '-o names a file; `anneal image cat` writes to standard output',
    ],
    [
      ['metal', 'status', '--conductor', 'host:6385'],
      '--conductor is an http\\(s\\) URL, such as http://host:6385, not "host:6385"',
    ],
    [['image', 'convrt', 'x'], 'there is no such command; did you mean "anneal image convert"\\?'],
    [['imge', 'ls'], 'there is no such command; did you mean "anneal image"\\?'],
    [['upgrade'], 'there is no such command; did you mean "anneal node upgrade"\\?'],
    [['image', 'convert', 'x', '--frmat', 'raw'], 'there is no flag "--frmat"; did you mean "--format"\\?'],
  ] as const) {
    it(`anneal ${argv.join(' ')} says what is wrong, and which help to ask`, () => {
      const { status, stderr, stdout } = spawnSync(ANNEAL, argv, { encoding: 'utf8' })
      assert.equal(status, 2)
      assert.equal(stdout, '')
      assert.match(
        stderr,
        new RegExp(`^error: Cannot run "anneal .*": ${why}\nremedy: see \`anneal .*--help\`\n$`),
      )
    })
  }

  it('a name in an image gives no orders to a terminal', async () => {
    const { stdout } = await run(ANNEAL, ['image', 'ls', image, ':/'])
    assert.ok(stdout.split('\n').includes('a\\n\\x1b[31mb'), stdout)
    const listed = JSON.parse((await run(ANNEAL, ['image', 'ls', image, ':/', '--json'])).stdout)
    assert.ok(listed.entries.some(({ name }: { name: string }) => name === 'a\n\u001B[31mb'))
  })

  it('a file of an image comes out as it went in', async () => {
    const { stdout } = await run(ANNEAL, ['image', 'cat', image, ':/file'], {
      encoding: 'buffer',
      maxBuffer: 2 * FILE_BYTES,
    })
    assert.ok(stdout.equals(await readFile(join(dir, 'tree/file'))))
    await run(ANNEAL, ['image', 'extract', image, ':/file', '-o', join(dir, 'out')])
    assert.ok(stdout.equals(await readFile(join(dir, 'out'))))
  })

  for (const [argv, exit, error, remedy] of [
    // Node has an --env-file of its own.
    [
      ['node', 'plan', 'x.yaml', '--engine', 'podman', '--env-file', 'nope'],
      2,
      'Cannot read ".*": it does not exist',
      '',
    ],
    [['image', 'inspect', 'nope'], 1, 'Cannot read "nope": it does not exist', ''],
    [['image', 'inspect', '-'], 1, 'Cannot read "-": it is a stream.*', 'save the data of a pipe'],
    [
      ['image', 'inspect', 'PACKED', '--temporary', '/nope'],
      1,
      'Cannot decompress ".*" into "/nope": it does not exist',
      '--temporary',
    ],
    [
      ['image', 'cat', 'IMAGE', 'esp:/a'],
      4,
      'Cannot find "esp:" in ".*": it has no EFI system partition',
      '',
    ],
    [
      ['image', 'extract', 'IMAGE', ':/file', '-o', '/nope/file'],
      1,
      'Cannot write "/nope/file": there is no directory "/nope"',
      '',
    ],
    [
      ['image', 'convert', 'IMAGE', '-o', 'FILE'],
      1,
      'Cannot write ".*": it is no directory',
      'an existing directory',
    ],
  ] as const) {
    it(`anneal ${argv.join(' ')} fails with exit code ${exit} and says why`, async () => {
      const file = join(dir, 'a-file')
      const packed = join(dir, 'packed.gz')
      await writeFile(file, '')
      await writeFile(packed, gzipSync(await readFile(image)))
      const names: Readonly<Record<string, string>> = { IMAGE: image, FILE: file, PACKED: packed }
      const { status, stderr } = spawnSync(
        ANNEAL,
        argv.map((word) => names[word] ?? word),
        { encoding: 'utf8', cwd: dir },
      )
      assert.match(stderr, new RegExp(`^error: ${error}$`, 'm'))
      assert.match(stderr, new RegExp(`^remedy: .*${remedy}`, 'm'))
      assert.equal(status, exit)
    })
  }

  it('anneal help COMMAND is its --help', () => {
    const help = (...argv: string[]) => spawnSync(ANNEAL, argv, { encoding: 'utf8' })
    const { status, stdout } = help('help', 'image', 'ls')
    assert.equal(status, 0)
    assert.equal(stdout, help('image', 'ls', '--help').stdout)
  })

  it('a dry run refuses what the conversion would, and else says what it would write', async () => {
    const out = join(dir, 'there')
    const plan = (...more: string[]) =>
      spawnSync(ANNEAL, ['image', 'convert', image, '--boot-only', '-n', '-o', out, ...more], {
        encoding: 'utf8',
      })
    const free = plan()
    assert.equal(free.status, 0, free.stderr)
    assert.match(free.stderr, /would write kernel, ramdisk, boot\.json into .*there/)
    await mkdir(out)
    await writeFile(join(out, 'kernel'), '')
    const refused = plan()
    assert.equal(refused.status, 4)
    assert.match(refused.stderr, /^error: Cannot write ".*\/there\/kernel": it exists already/m)
    assert.equal(plan('--force').status, 0)
  })

  it('an existing file is replaced only with --force, and a directory never', async () => {
    const target = join(dir, 'mine')
    const extract = (...more: string[]) =>
      spawnSync(ANNEAL, ['image', 'extract', image, ':/boot/vmlinuz', '-o', ...more], { encoding: 'utf8' })
    await writeFile(target, 'my own')
    const refused = extract(target)
    assert.equal(refused.status, 4)
    assert.match(refused.stderr, /^error: Cannot write ".*": a file exists already\nremedy: .*--force/)
    assert.equal(await readFile(target, 'utf8'), 'my own')
    assert.equal(extract(target, '--force').status, 0)
    assert.equal(await readFile(target, 'utf8'), 'a kernel')
    assert.equal(extract(join(dir, 'tree'), '--force').status, 4)
    assert.ok((await stat(join(dir, 'tree'))).isDirectory())
  })

  it('who closes the pipe ends the command without a word, with the status of SIGPIPE', async () => {
    for (const argv of [
      ['image', 'cat', image, ':/file'],
      ['image', 'convert', image, '--whole-disk', '--exact', '-o', '-'],
    ]) {
      const child = spawn(ANNEAL, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
      child.stdout.once('data', () => child.stdout.destroy())
      const code = await new Promise((resolve) => child.once('close', resolve))
      assert.equal(code, 141, said)
      assert.doesNotMatch(said, /error|Error|EPIPE/)
    }
  })

  it('a full disk behind standard output is an error, also for what is small', () => {
    for (const argv of [
      ['image', 'inspect', image],
      ['image', 'cat', image, ':/file'],
      ['image', 'inspect', image, '--json'],
    ]) {
      const { status, stderr } = spawnSync(ANNEAL, argv, {
        encoding: 'utf8',
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      })
      assert.equal(status, 1)
      assert.match(stderr, /^error: Cannot write to standard output: ENOSPC[^\n]*\n$/)
    }
  })

  it('a terminal that is held by Ctrl-S holds up nothing, and gets all of it afterwards', async () => {
    const out = join(dir, 'held')
    const argv = [ANNEAL, 'image', 'convert', image, '--whole-disk', '-o', out]
    const { stdout } = await run('/usr/bin/python3', ['-c', HELD_TERMINAL, join(out, 'boot.json'), ...argv])
    const [done, code, said] = JSON.parse(stdout) as [boolean, number, string]
    assert.deepEqual([done, code], [true, 0])
    for (const words of ['boots made', 'done in', 'base.raw.bmap']) assert.ok(said.includes(words), said)
  })

  it('a full disk behind standard error stops nothing', () => {
    const { status } = spawnSync(
      ANNEAL,
      ['image', 'convert', image, '--whole-disk', '-o', join(dir, 'base')],
      {
        stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
      },
    )
    assert.equal(status, 0)
    assert.ok(existsSync(join(dir, 'base/boot.json')))
  })

  it('a file that cannot be written is an error with a remedy, and leaves nothing', () => {
    const target = join(dir, 'no-such-directory/file')
    const { status, stderr } = spawnSync(ANNEAL, ['image', 'extract', image, ':/file', '-o', target], {
      encoding: 'utf8',
    })
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^error: Cannot write ".*": there is no directory ".*no-such-directory"\n.*\nremedy: name another file/,
    )
  })
})
