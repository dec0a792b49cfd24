import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ROOT } from '../../../scripts/source/index.ts'

/** Sysroots that ostree itself made, changed and broke: what Anneal says of them is what `ostree admin status` says. */
const missing = ['ostree', 'mke2fs'].filter(
  (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0,
)
const lacks =
  process.getuid?.() !== 0 ? 'root, to deploy' : missing.length === 0 ? undefined : missing.join(', ')

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

type Report = Readonly<{
  entries: readonly Readonly<{ deployment: string | null; isDefault: boolean }>[]
  findings: readonly Readonly<{ code: string; subject: string }>[]
  contract: null | Readonly<{ deployment?: Readonly<{ path: string }> }>
  refusal: null | Readonly<{ code: string; message: string }>
}>

describe('what boots of an ostree sysroot', { skip: lacks === undefined ? false : `needs ${lacks}` }, () => {
  let directory = ''
  let sysroot = ''
  let count = 0

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-ostree-'))
    sysroot = join(directory, 'sysroot')
    mkdirSync(sysroot)
    run('ostree', 'admin', 'init-fs', sysroot)
    run('ostree', 'admin', 'os-init', `--sysroot=${sysroot}`, 'test-os')
    run('ostree', `--repo=${sysroot}/ostree/repo`, 'config', 'set', 'sysroot.bootloader', 'none')
  })
  after(() => {
    // Deployments are immutable.
    spawnSync('chattr', ['-R', '-i', sysroot])
    rmSync(directory, { recursive: true, force: true })
  })

  function commit(kernel: string): string {
    const tree = join(directory, `tree-${kernel}`)
    const modules = join(tree, 'usr/lib/modules', kernel)
    for (const path of [modules, join(tree, 'usr/etc'), join(tree, 'boot'), join(tree, 'sysroot')])
      mkdirSync(path, { recursive: true })
    writeFileSync(join(modules, 'vmlinuz'), `kernel ${kernel}`)
    writeFileSync(join(modules, 'initramfs.img'), `initrd ${kernel}`)
    writeFileSync(
      join(tree, 'usr/lib/os-release'),
      `ID=test\nPRETTY_NAME="Test ${kernel}"\nVERSION_ID=${kernel}\n`,
    )
    writeFileSync(
      join(tree, 'usr/etc/os-release'),
      `ID=test\nPRETTY_NAME="Test ${kernel}"\nVERSION_ID=${kernel}\n`,
    )
    return run(
      'ostree',
      `--repo=${sysroot}/ostree/repo`,
      'commit',
      '-b',
      'test/os',
      `--tree=dir=${tree}`,
    ).trim()
  }

  function deploy(kernel: string, ...more: readonly string[]): void {
    commit(kernel)
    run(
      'ostree',
      'admin',
      'deploy',
      `--sysroot=${sysroot}`,
      '--os=test-os',
      '--karg=root=LABEL=x',
      ...more,
      'test/os',
    )
  }

  /** `ostree admin status`: deployments, the one that boots first. */
  function status(): readonly string[] {
    const text = run('ostree', 'admin', 'status', `--sysroot=${sysroot}`)
    return [...text.matchAll(/^[* ] (\S+) ([0-9a-f]{64}\.\d+)/gm)].map(
      ([, os, deployed]) => `/ostree/deploy/${os}/deploy/${deployed}`,
    )
  }

  function inspect(): Report {
    count += 1
    const image = join(directory, `image-${count}`)
    run('mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'x', '-d', sysroot, image, '64M')
    const { stdout } = spawnSync(join(ROOT, 'anneal'), ['image', 'inspect', image, '--json'], {
      encoding: 'utf8',
    })
    return JSON.parse(stdout) as Report
  }

  function assertAsOstree(): Report {
    const report = inspect()
    assert.deepEqual(
      report.entries.map(({ deployment }) => deployment),
      status(),
    )
    assert.equal(report.contract?.deployment?.path, status()[0])
    return report
  }

  it('one deployment, and a second one that boots first', () => {
    deploy('6.1')
    assert.equal(assertAsOstree().entries.length, 1)
    deploy('6.2', '--retain')
    assert.equal(assertAsOstree().entries.length, 2)
  })

  it('one that is pinned, deployed behind the others, and undeployed', () => {
    run('ostree', 'admin', 'pin', `--sysroot=${sysroot}`, '0')
    assertAsOstree()
    deploy('6.3', '--retain', '--not-as-default')
    assert.equal(assertAsOstree().entries.length, 3)
    run('ostree', 'admin', 'undeploy', `--sysroot=${sysroot}`, '2')
    assertAsOstree()
  })

  it('an origin that is lost takes no deployment away', () => {
    const [first = ''] = status()
    rmSync(join(sysroot, `${first}.origin`))
    assertAsOstree()
  })

  it('a tree without an entry, as a failed deploy leaves it, is not a deployment', () => {
    const [first = ''] = status()
    const left = `${first.slice(0, first.lastIndexOf('.'))}.7`
    run('cp', '-a', join(sysroot, first), join(sysroot, left))
    const { findings } = assertAsOstree()
    assert.deepEqual(
      findings.filter(({ code }) => code === 'DEPLOYMENT_WITHOUT_ENTRY').map(({ subject }) => subject),
      [`:${left}`],
    )
  })

  it('without any entry nothing boots, though kernels lie beside their modules', () => {
    const entries = join(sysroot, 'boot/loader/entries')
    const kept = readdirSync(entries).map((name) => [name, readFileSync(join(entries, name))] as const)
    for (const [name] of kept) rmSync(join(entries, name))
    const { refusal, contract } = inspect()
    assert.equal(contract, null)
    assert.equal(refusal?.code, 'BOOT_NOTHING_FOUND')
    assert.match(refusal.message, /ostree boots none without one/)
    assert.deepEqual(status(), [])
    for (const [name, bytes] of kept) writeFileSync(join(entries, name), bytes)
  })
})
