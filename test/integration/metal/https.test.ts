/**
 * A conductor over HTTPS, with an authority of the test's own. Witnesses: curl and `openstack baremetal` for operators; for machines
 * the deploy ramdisk's own script and programs.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { REPOSITORY } from '../../../lab/paths.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { readTls, serveConductor, watchTls } from '../../../src/server/index.ts'
import type { ServedConductor } from '../../../src/server/index.ts'
import { MAC, MACHINE, REPORT, SimulatedRack } from '../../fixtures/conductor/index.ts'

const run = promisify(execFile)
const LISTEN = { address: '127.0.0.1', port: 0 }
const CERTIFICATES = `
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
  for name in own other; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=conductor -keyout $name.key -out $name.csr
    printf 'subjectAltName=IP:127.0.0.1' >$name.ext
    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
  done`

describe('a conductor over HTTPS', () => {
  const rack = new SimulatedRack()
  let directory = ''
  let served: ServedConductor
  let url = ''
  const inside = (name: string): string => join(directory, name)
  const files = (name: string) => ({ certificate: inside(`${name}.pem`), key: inside(`${name}.key`) })

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-https-'))
    await run('bash', ['-euc', CERTIFICATES], { cwd: directory })
    const tls = readTls(files('own'))
    rack.enroll()
    rack.address = undefined
    served = await serveConductor(rack.conductor, {
      api: LISTEN,
      machines: LISTEN,
      files: {},
      tls,
      ramdisks: { listen: LISTEN, tls },
      say: (text) => assert.fail(text),
    })
    url = `https://127.0.0.1:${served.api.port}`
  })
  after(async () => {
    await served?.[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  test('answers who trusts its authority, and nobody over HTTP', async () => {
    const { stdout } = await run('curl', ['-sf', '--cacert', inside('ca.pem'), `${url}/v1/nodes`])
    assert.equal((JSON.parse(stdout) as { nodes: unknown[] }).nodes.length, 1)
    await assert.rejects(run('curl', ['-sf', `${url}/v1/nodes`]), { code: 60 })
    await assert.rejects(run('curl', ['-sf', `http://127.0.0.1:${served.api.port}/v1/nodes`]))
  })

  test('`openstack baremetal` uses it with the authority’s certificate, and not without', async () => {
    const list = (...words: readonly string[]) =>
      run('openstack', [...words, 'baremetal', 'node', 'list', '-f', 'json'], {
        env: { PATH: process.env['PATH'], OS_AUTH_TYPE: 'none', OS_ENDPOINT: url },
      })
    const { stdout } = await list('--os-cacert', inside('ca.pem'))
    assert.equal((JSON.parse(stdout) as unknown[]).length, 1)
    await assert.rejects(list(), /certificate verify failed|SSL/i)
  })

  test('`anneal metal` uses it with --cacert or OS_CACERT, and not without', async () => {
    const env = { PATH: process.env['PATH'], HOME: directory, ANNEAL_STATE: inside('state') }
    const status = (words: readonly string[], more: object = {}) =>
      run(join(REPOSITORY, 'anneal'), ['metal', 'status', '--json', '--conductor', url, ...words], {
        env: { ...env, ...more },
      })
    for (const { stdout } of [
      await status(['--cacert', inside('ca.pem')]),
      await status([], { OS_CACERT: inside('ca.pem') }),
    ]) {
      assert.equal((JSON.parse(stdout) as { nodes: unknown[] }).nodes.length, 1)
    }
    await assert.rejects(status([]), /self.signed|unable to (verify|get)/i)
  })

  /** What the ramdisk's script makes of an answer to `hello`. */
  async function hello(token: string, pin: string, port = served.ramdisks?.port): Promise<string> {
    mkdirSync(inside('run'), { recursive: true })
    writeFileSync(inside('report'), REPORT)
    const script = `
      run=${inside('run')} url=https://127.0.0.1:${port} token=${token} pin=${pin}
      say() { echo "$@"; }
      give_up() { echo "gives up: $*"; exit 0; }
      . ${REPOSITORY}/images/deploy-ramdisk/http.sh
      choose_web
      if try_once POST hello ${inside('report')}; then cat ${inside('run')}/answer
      elif [ -n "$refusal" ]; then echo "refused: $refusal"
      else tail -n 2 ${inside('run')}/wget.log; fi`
    const { stdout } = await run('busybox', ['sh', '-c', script])
    return stdout
  }

  test('a deploy ramdisk talks to the key that its boot script names, and to no other', async () => {
    const { pin } = readTls(files('own'))
    const answer = await hello('token-of-nobody', pin)
    assert.match(answer, /^refused: 403 Forbidden/)
    const other = readTls(files('other')).pin
    assert.notEqual(pin, other)
    assert.match(await hello('token-of-nobody', other), /does not match pinned/)
    assert.match(await hello('token-of-nobody', ''), /gives up: .*anneal.pin/)
    // The witness of the digest: openssl.
    const digest = `openssl x509 -in own.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`
    const { stdout } = await run('bash', ['-c', digest], { cwd: directory })
    assert.equal(pin, `sha256//${stdout.trim()}`)
  })

  test('boots machines over HTTP with a script that leads their ramdisk to HTTPS, and answers no ramdisk over HTTP', async () => {
    const asks = { url: `https://127.0.0.1:${served.ramdisks?.port}`, pin: readTls(files('own')).pin }
    Object.assign(rack.conductor.settings, { ramdisks: asks })
    rack.store.saveSession(MACHINE, { task: 'task', boots: 'ramdisk' })
    const machines = `http://127.0.0.1:${served.machines.port}`
    const script = await (await fetch(`${machines}/boot/ipxe?mac=${MAC}`)).text()
    assert.ok(script.includes(` anneal.url=${asks.url} anneal.pin=${asks.pin} anneal.token=`), script)
    const over = await fetch(`${machines}/ramdisk/hello`, { method: 'POST', body: REPORT })
    assert.equal(over.status, 404)
  })

  test('takes a renewed certificate without a restart, and for ramdisks only one of the key that they know', async () => {
    /** What openssl is shown at a port. */
    const serial = async (port: number | undefined): Promise<string> => {
      const ask = `openssl s_client -connect 127.0.0.1:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`
      return (await run('bash', ['-c', ask])).stdout.trim()
    }
    const both = () => Promise.all([serial(served.api.port), serial(served.ramdisks?.port)])
    const renew = (from: string) =>
      run(
        'bash',
        [
          '-euc',
          `openssl x509 -req -in ${from}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile own.ext -out new.pem
        cp ${from}.key new.key; mv new.pem live.pem; mv new.key live.key; openssl x509 -in live.pem -noout -serial`,
        ],
        { cwd: directory },
      )
    const live = files('live')
    for (const one of ['pem', 'key']) copyFileSync(inside(`own.${one}`), inside(`live.${one}`))
    const told: string[] = []
    using watching = new DisposableStack()
    const looks = watchTls(live, readTls(live), {
      everyMs: 200,
      renewed: (identity) => told.push(served.renewTls(identity)),
      broken: (why) => told.push(why),
    })
    watching.use(looks)
    const hears = async (count: number) => {
      for (let tries = 0; told.length < count && tries < 500; tries += 1) await delay(10)
      assert.equal(told.length, count, told.join('\n'))
    }
    const first = (await renew('own')).stdout.trim()
    await hears(1)
    assert.deepEqual([told[0], await both()], ['operators and ramdisks', [first, first]])
    writeFileSync(inside('live.pem'), 'nothing of the kind')
    await hears(2)
    assert.match(told[1] ?? '', /no PEM files/)
    assert.deepEqual(await both(), [first, first])
    const second = (await renew('other')).stdout.trim()
    await hears(3)
    assert.deepEqual([told[2], await both()], ['operators', [second, first]])
    const { stdout } = await run('curl', ['-sf', '--cacert', inside('ca.pem'), `${url}/v1/nodes`])
    assert.equal((JSON.parse(stdout) as { nodes: unknown[] }).nodes.length, 1)
  })

  test('refuses files that are no certificate, or a key of another, and never shows a key', () => {
    const refused = (certificate: string, key: string, why: RegExp): void => {
      assert.throws(
        () => readTls({ certificate, key }),
        (error) => {
          assert.ok(isAnnealError(error, 'TLS_FILES_INVALID'), String(error))
          assert.match(error.message, why)
          const secret = readFileSync(inside('own.key'), 'utf8').split('\n')[1] ?? ''
          assert.ok(!JSON.stringify(error).includes(secret))
          return true
        },
      )
    }
    const { certificate, key } = files('own')
    refused(certificate, inside('other.key'), /not that of the certificate/)
    refused(key, certificate, /no PEM files/)
    refused(inside('nothing.pem'), key, /ENOENT/)
  })
})
