import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import manifest from '../../../../package.json' with { type: 'json' }
import { PackageChroot, buildPackage } from './package-chroot.ts'

const run = promisify(execFile)

const UNIT = '/etc/systemd/system/multi-user.target.wants/anneal-recover.service'
const CONFIG = 'etc/anneal/config.yaml'

/** What boots, as far as a reader can tell. */
const SYSTEM = {
  'etc/os-release': 'ID=made\nNAME=Made\n',
  'boot/vmlinuz': 'a kernel',
  'boot/initrd': 'its first files',
  'boot/extlinux/extlinux.conf':
    'LABEL made\n  LINUX /boot/vmlinuz\n  INITRD /boot/initrd\n  APPEND root=/dev/vda quiet\n',
}

/** The Debian package on a bare system of a suite, from its first installation until it is purged. */
export function describePackageOn(suite: string): void {
  const skip =
    process.getuid?.() === 0 && ['/usr/bin/mmdebstrap', '/sbin/mke2fs'].every((path) => existsSync(path))
      ? false
      : 'needs root, mmdebstrap and e2fsprogs'

  describe(`the Debian package on a bare ${suite}`, { skip }, () => {
    let dir = ''
    let chroot: PackageChroot
    let bare: readonly string[] = []
    let deb = ''
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'anneal-package-'))
      const older = buildPackage(join(dir, 'older'), '--fast', '--version', '0.0.9')
      chroot = await PackageChroot.make(suite, join(dir, 'root'))
      bare = await chroot.paths()
      const installed = await chroot.install(await older)
      assert.equal(installed.code, 0, installed.stderr)
      deb = await buildPackage(dir, '--fast')
    })
    after(async () => {
      await chroot?.remove()
      await rm(dir, { recursive: true, force: true })
    })

    async function upgraded(): Promise<void> {
      const { code, stderr } = await chroot.install(deb)
      assert.equal(code, 0, stderr)
    }

    it('runs as an ordinary user: version, help, inspect', async () => {
      assert.deepEqual(await chroot.run('anneal --version', '1000:1000'), {
        code: 0,
        stdout: 'anneal 0.0.9\n',
        stderr: '',
      })
      assert.match((await chroot.run('anneal --help', '1000:1000')).stdout, /^usage: anneal/)
      for (const [name, text] of Object.entries(SYSTEM)) {
        await mkdir(join(dir, 'tree', name, '..'), { recursive: true })
        await writeFile(join(dir, 'tree', name), text)
      }
      const image = join(chroot.root, 'tmp/image.ext4')
      await run('/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', join(dir, 'tree'), image, '32M'])
      const { code, stdout, stderr } = await chroot.run(
        'anneal image inspect --json /tmp/image.ext4',
        '1000:1000',
      )
      assert.equal(code, 0, stderr)
      assert.equal((JSON.parse(stdout) as { schema: string }).schema, 'anneal.image/1')
    })

    it('has what the commands load, also in threads', async () => {
      // Both load every command.
      assert.match((await chroot.run('anneal completion zsh')).stdout, /^#compdef anneal/)
      assert.match((await chroot.run('anneal config')).stdout, /^# Settings of anneal/)
      const imported = await chroot.run('anneal node import -- docker run -d --net=host --name it image:1')
      assert.match(imported.stdout, /network_mode: host/, imported.stderr)
      const converted = await chroot.run(
        'anneal image convert /tmp/image.ext4 --output /tmp/out',
        '1000:1000',
      )
      assert.equal(converted.code, 0, converted.stderr)
      assert.ok(existsSync(join(chroot.root, 'tmp/out/boot.json')))
    })

    it('enables recovery at boot, and starts nothing now', async () => {
      assert.equal((await chroot.run(`test -L ${UNIT} && test -f ${UNIT}`)).code, 0)
      const unit = await readFile(join(chroot.root, 'usr/lib/systemd/system/anneal-recover.service'), 'utf8')
      assert.match(unit, /^ExecStart=\/usr\/bin\/anneal node recover$/m)
      assert.doesNotMatch(unit, /opt\/anneal/)
      for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
        const script = await readFile(join(chroot.root, 'var/lib/dpkg/info', `anneal.${name}`), 'utf8')
        assert.doesNotMatch(
          script,
          /systemctl (?!--system daemon-reload)|\b(docker|podman|kill|virsh)\b/,
          name,
        )
      }
    })

    it('is not replaced while a run holds the lock of the node', async () => {
      await mkdir(join(chroot.root, 'var/lib/anneal'), { recursive: true })
      const held = await chroot.run(
        `cat >/tmp/hold.mjs <<'END'
import { spawnSync } from 'node:child_process'
import { takeLock } from '/usr/lib/anneal/lib/adapters/state/sqlite-lock.js'
// Who drops a lock may lose it to the garbage collector.
globalThis.lock = takeLock('/var/lib/anneal/lock.db', 'a test')
const script = 'sh /var/lib/dpkg/info/anneal.preinst upgrade 0.0.9; echo $?; sh /var/lib/dpkg/info/anneal.prerm remove; echo $?'
process.stdout.write(spawnSync('/bin/sh', ['-c', script]).stdout)
END
/usr/lib/anneal/node_modules/node/bin/node /tmp/hold.mjs`,
      )
      assert.equal(held.stdout, '1\n1\n', held.stderr)
      const free = await chroot.run('sh /var/lib/dpkg/info/anneal.preinst upgrade 0.0.9')
      assert.equal(free.code, 0, free.stderr)
    })

    it('upgrades to the next version, keeps a changed setting and leaves a unit disabled that was', async () => {
      await appendFile(join(chroot.root, CONFIG), 'state: /var/lib/elsewhere\n')
      await chroot.run(`rm ${UNIT}`)
      await upgraded()
      assert.equal((await chroot.run('anneal --version')).stdout, `anneal ${manifest.version}\n`)
      assert.match(await readFile(join(chroot.root, CONFIG), 'utf8'), /^state: \/var\/lib\/elsewhere$/m)
      assert.notEqual((await chroot.run(`test -e ${UNIT}`)).code, 0)
    })

    it('leaves settings and state where it is removed, and the state where it is purged', async () => {
      const state = join(chroot.root, 'var/lib/anneal/deployments.json')
      await writeFile(state, '{}')
      const removed = await chroot.run('dpkg --remove anneal')
      assert.equal(removed.code, 0, removed.stderr)
      assert.ok(existsSync(join(chroot.root, CONFIG)) && existsSync(state))
      assert.ok(!existsSync(join(chroot.root, 'usr/lib/anneal')))
      const purged = await chroot.run('dpkg --purge anneal')
      assert.equal(purged.code, 0, purged.stderr)
      assert.match(purged.stderr, /\/var\/lib\/anneal is kept/)
      assert.ok(existsSync(state))
    })

    it('leaves nothing at all where it is purged from a machine without a release', async () => {
      await rm(join(chroot.root, 'var/lib/anneal/deployments.json'))
      await upgraded()
      const purged = await chroot.run('dpkg --purge anneal')
      assert.equal(purged.code, 0, purged.stderr)
      assert.equal(purged.stderr, '')
      const left = (await chroot.paths()).filter((path) => !bare.includes(path))
      assert.deepEqual(left, [])
    })

    it('is the same file, byte by byte, wherever and whenever it is built', async () => {
      const elsewhere = join(dir, 'elsewhere')
      const script = 'umask 077; cd /; exec "$@"'
      const argv = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, '../../../../scripts/package.ts'),
      ]
      const env = { ...process.env, TZ: 'Pacific/Auckland', LC_ALL: 'C' }
      await run('sh', ['-c', script, 'sh', ...argv, 'deb', '--fast', '--out', elsewhere], { env })
      const [name = ''] = await readdir(elsewhere)
      assert.ok((await readFile(join(elsewhere, name))).equals(await readFile(deb)))
    })

    it('holds no test, no fixture and no type', async () => {
      const { stdout } = await run('dpkg-deb', ['--contents', deb], { maxBuffer: 64 * 1024 * 1024 })
      const lines = stdout.trim().split('\n')
      assert.ok(lines.length > 1000, `only ${lines.length} files`)
      assert.deepEqual(
        lines.filter((line) => /\.d\.[cm]?ts$|\.test\.|\/fixtures\/|\/testing\/|package-lock/.test(line)),
        [],
      )
      assert.ok(lines.every((line) => / root\/root /.test(line)))
    })
  })
}
