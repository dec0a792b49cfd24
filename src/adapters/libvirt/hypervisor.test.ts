import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { isAnnealError } from '../../core/index.ts'
import type { Domain } from '../../ports/index.ts'
import { libvirtHypervisor } from './hypervisor.ts'
import { encodeMessage, MESSAGE_TYPE, PROCEDURE, STATUS } from './protocol.ts'
import { encodeRefusal, fakeLibvirtd, replayLibvirtd } from './testing/fake-libvirtd.ts'
import type { FakeBehaviour, FakeLibvirtd } from './testing/fake-libvirtd.ts'

const running: FakeLibvirtd[] = []
describe('libvirt at its socket', () => {
  afterEach(async () => {
    for (const fake of running.splice(0)) await fake.stop()
  })

  async function start(behaviour: FakeBehaviour = {}): Promise<FakeLibvirtd> {
    const fake = await fakeLibvirtd(behaviour)
    running.push(fake)
    return fake
  }

  const UUID = Uint8Array.from({ length: 16 }, (_, index) => index * 16 + index)
  const code =
    (expected: string, pattern = /./) =>
    (error: unknown) =>
      isAnnealError(error, expected) && pattern.test(error.message)

  for (const name of readdirSync(new URL('fixtures/', import.meta.url)).filter((file) =>
    file.startsWith('replies-'),
  )) {
    const recorded = JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'))
    test(`the recorded replies of a real libvirt are understood, also in pieces of three bytes: ${name}`, async () => {
      const forPing = await replayLibvirtd(recorded.replies.ping)
      const forDomains = await replayLibvirtd(recorded.replies.domains)
      running.push(forPing, forDomains)
      assert.equal(await libvirtHypervisor({ sockets: [forPing.socket] }).ping(5000), recorded.version)
      assert.deepEqual(await libvirtHypervisor({ sockets: [forDomains.socket] }).domains(), recorded.domains)
    })

    test(`the fake answers what the real libvirt answered: ${name}`, async () => {
      const fake = await start({
        version: BigInt(
          recorded.version.split('.').reduce((sum: number, part: string) => sum * 1000 + Number(part), 0),
        ),
        domains: recorded.domains.map((domain: Domain) => ({
          name: domain.name,
          id: domain.id,
          state: domain.state === 'running' ? 1 : 5,
          uuid: Uint8Array.from(Buffer.from(domain.uuid.replaceAll('-', ''), 'hex')),
        })),
      })
      const hypervisor = libvirtHypervisor({ sockets: [fake.socket] })
      assert.equal(await hypervisor.ping(5000), recorded.version)
      // The fake gives a reason of its own.
      const answered = (await hypervisor.domains()).map((domain) => ({ ...domain, reason: undefined }))
      const expected = recorded.domains.map((domain: Domain) => ({ ...domain, reason: undefined }))
      assert.deepEqual(answered, expected)
    })
  }

  test('a ping is authList, connectOpen, the version and a close that is heard out', async () => {
    const fake = await start({ version: 11_003_000n })
    assert.equal(await libvirtHypervisor({ sockets: [fake.socket] }).ping(5000), '11.3.0')
    const { authList, connectOpen, connectGetLibVersion, connectClose } = PROCEDURE
    assert.deepEqual(fake.heard(), [authList, connectOpen, connectGetLibVersion, connectClose])
  })

  test('a domain that ends between the list and its state is left out', async () => {
    const fake = await start({
      domains: [
        { name: 'a', uuid: UUID, id: 1, state: 3 },
        { name: 'b', uuid: UUID, id: 2, state: 1, goneSince: 'list' },
      ],
    })
    const domains = await libvirtHypervisor({ sockets: [fake.socket] }).domains()
    assert.deepEqual(domains, [
      { uuid: '00112233-4455-6677-8899-aabbccddeeff', name: 'a', id: 1, state: 'paused', reason: 'user' },
    ])
  })

  test('where the first socket is absent or nobody listens, the next is asked', async () => {
    const fake = await start()
    const dead = await fakeLibvirtd()
    const hypervisor = libvirtHypervisor({ sockets: ['/nonexistent/libvirt-sock', dead.socket, fake.socket] })
    await dead.stop()
    assert.equal(await hypervisor.ping(5000), '9.0.0')
  })

  test('no libvirt at all is unreachable, told by its first socket', async () => {
    const hypervisor = libvirtHypervisor({ sockets: ['/nonexistent/a', '/nonexistent/b'] })
    await assert.rejects(hypervisor.ping(5000), code('HYPERVISOR_UNREACHABLE', /\/nonexistent\/a": ENOENT/))
  })

  test('a libvirt that wants authentication says which', async () => {
    const fake = await start({ auth: [2, 1] })
    await assert.rejects(
      libvirtHypervisor({ sockets: [fake.socket] }).ping(5000),
      code('HYPERVISOR_AUTH_REQUIRED', /polkit, sasl/),
    )
  })

  test('a libvirt that offers no authentication beside others is opened', async () => {
    const fake = await start({ auth: [2, 0] })
    assert.equal(await libvirtHypervisor({ sockets: [fake.socket] }).ping(5000), '9.0.0')
  })

  test('a refusal carries libvirt’s own words and number', async () => {
    const fake = await start({
      misbehave: (head) =>
        head.procedure === 1 ? encodeRefusal(head, 38, 'no connection driver available') : undefined,
    })
    await assert.rejects(
      libvirtHypervisor({ sockets: [fake.socket] }).ping(5000),
      code('HYPERVISOR_REFUSED', /no connection driver available \(libvirt error 38\)/),
    )
  })

  test('silence ends at the deadline', async () => {
    const fake = await start({ misbehave: () => 'silence' })
    await assert.rejects(
      libvirtHypervisor({ sockets: [fake.socket] }).ping(30),
      code('HYPERVISOR_UNREACHABLE', /no answer within/),
    )
  })

  test('an event that nobody asked for is passed over', async () => {
    const event = encodeMessage(
      {
        program: 0x20008086,
        version: 1,
        procedure: 318,
        type: MESSAGE_TYPE.message,
        serial: 0,
        status: STATUS.ok,
      },
      new Uint8Array(8),
    )
    const fake = await start({ misbehave: (_, answer) => Buffer.concat([event, answer]) })
    assert.equal(await libvirtHypervisor({ sockets: [fake.socket] }).ping(5000), '9.0.0')
  })

  const patched = (answer: Uint8Array, offset: number, value: number): Uint8Array => {
    const copy = Buffer.from(answer)
    copy.writeUInt32BE(value, offset)
    return copy
  }

  const BROKEN: readonly Readonly<{
    what: string
    procedure: number
    make: (answer: Uint8Array) => Uint8Array | 'close'
    code: string
    says: RegExp
  }>[] = [
    {
      what: 'closes before it answers',
      procedure: 1,
      make: () => 'close',
      code: 'HYPERVISOR_UNREACHABLE',
      says: /closed before/,
    },
    {
      what: 'claims a message of 2 GiB',
      procedure: 1,
      make: (answer) => patched(answer, 0, 0x7fff_ffff),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /2147483647 bytes/,
    },
    {
      what: 'claims a message shorter than a header',
      procedure: 1,
      make: (answer) => patched(answer, 0, 5),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /of 5 bytes/,
    },
    {
      what: 'speaks another program',
      procedure: 1,
      make: (answer) => patched(answer, 4, 0x6b656570),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /0x6b656570/,
    },
    {
      what: 'answers another call',
      procedure: 1,
      make: (answer) => patched(answer, 20, 77),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /serial 77/,
    },
    {
      what: 'answers with another procedure',
      procedure: 1,
      make: (answer) => patched(answer, 12, 2),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /procedure 2/,
    },
    {
      what: 'lists more ways of authentication than there may be',
      procedure: 66,
      make: (answer) => patched(answer, 28, 21),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /at most 20/,
    },
    {
      what: 'sends half a number',
      procedure: 157,
      make: (answer) => patched(answer.subarray(0, 32), 0, 32),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /4 are left/,
    },
    {
      what: 'sends more than the answer',
      procedure: 157,
      make: (answer) => patched(Buffer.concat([answer, Buffer.alloc(4)]), 0, 40),
      code: 'HYPERVISOR_BROKEN_ANSWER',
      says: /expected the end/,
    },
  ]

  for (const { what, procedure, make, code: expected, says } of BROKEN) {
    test(`a libvirt that ${what} is a clear error`, async () => {
      const fake = await start({
        misbehave: (head, answer) => (head.procedure === procedure ? make(answer) : undefined),
      })
      await assert.rejects(libvirtHypervisor({ sockets: [fake.socket] }).ping(5000), code(expected, says))
    })
  }

  test('a libvirt that dies in the middle of an answer is unreachable, not broken', async () => {
    const half = Promise.withResolvers<void>()
    const fake = await start({
      misbehave(head, answer) {
        if (head.procedure !== 1) return undefined
        half.resolve()
        return answer.subarray(0, 10)
      },
    })
    const ping = libvirtHypervisor({ sockets: [fake.socket] }).ping(5000)
    const refused = assert.rejects(ping, code('HYPERVISOR_UNREACHABLE', /in the middle of an answer/))
    await half.promise
    await fake.stop()
    running.pop()
    await refused
  })

  test('pings that succeed, fail and time out leave no connection behind', async () => {
    let calls = 0
    const fake = await start({
      misbehave: () => {
        calls += 1
        return calls % 5 === 0 ? 'close' : calls % 7 === 0 ? 'silence' : undefined
      },
    })
    const hypervisor = libvirtHypervisor({ sockets: [fake.socket] })
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => hypervisor.ping(1000)))
    assert.ok(results.some(({ status }) => status === 'rejected'))
    // On a busy machine the time of some is up before they connect.
    assert.ok(fake.connections().made > 0)
    while (fake.connections().open > 0) await setTimeout(5)
  })
})
