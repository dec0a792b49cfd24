import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { startGuest, tickGaps, ticks, waitForLibvirt } from '../../lab/index.ts'
import { placeCompose } from '../../lab/compose.ts'
import type { Guest } from '../../lab/index.ts'
import { ComputeNode, refusalIn } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { assertOneLibvirt, watchLibvirts } from '../integration/node/support/watch-libvirts.ts'
import { arrangementOf, composeText } from '../matrix/peers/arrangement.ts'

const NAME = 'nova_libvirt'
const COMPOSE = '/usr/local/bin/docker-compose'
const DIRECTORY = '/opt/nova'
const FILE = `${DIRECTORY}/compose.yaml`

type Finding = Readonly<{ code: string; severity: string; evidence: string }>
type Planned = Readonly<{ check: Readonly<{ findings: readonly Finding[] }> }>
type Imported = Readonly<{ text: string }>

describe('taking over what Docker Compose started', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  let own: readonly string[]
  const compose = (...words: readonly string[]): Promise<string> =>
    node.host.sh(`cd ${DIRECTORY} && ${COMPOSE} ${words.join(' ')}`)
  before(async () => {
    node = await ComputeNode.up({ name: 'takeover-compose', engine: 'docker' }, 'docker')
    await placeCompose(node.host, COMPOSE)
    const text = composeText(arrangementOf({ name: NAME, image: 'nova-libvirt:bookworm', engine: 'docker' }))
    await node.write(FILE, text)
    await compose('up', '--detach')
    await waitForLibvirt(node.host, NAME, 'docker')
    guest = await startGuest(node.host, { name: 'compose-guest', via: NAME, engine: 'docker' })
    alive = await node.alive(guest)
    own = await node.containers()
  })
  after(() => node?.down())

  const adopt = (): Promise<unknown> => node.expect(0, 'node', 'adopt', '/etc/anneal/running.locked.yaml')
  const labels = (name: string): Promise<string> =>
    node.host.must(['docker', 'inspect', '--format', '{{json .Config.Labels}}', name])

  test('the release of what runs has no label of Compose, and the plan says what Compose would do', async () => {
    const { text } = await node.expect<Imported>(0, 'node', 'import', '--running')
    assert.doesNotMatch(text, /com\.docker\.compose/)
    await node.write('/etc/anneal/running.yaml', text)
    await node.expect(0, 'node', 'lock', '/etc/anneal/running.yaml')
    const words = ['node', 'plan', '/etc/anneal/running.locked.yaml', '--adopt', `${NAME}=${NAME}`]
    const { check } = await node.expect<Planned>(0, ...words)
    const told = check.findings.filter(({ code }) => code === 'CONTAINER_OF_COMPOSE')
    assert.deepEqual(
      told.map(({ severity }) => severity),
      ['warn'],
    )
    assert.match(told[0]?.evidence ?? '', new RegExp(`project "nova" \\(${FILE}\\).*\`up\`, \`start\``))
  })

  test('a unit that calls `docker compose up` in the directory of the project is refused', async () => {
    const unit = '/etc/systemd/system/nova-project.service'
    await node.write(
      unit,
      `[Service]\nType=oneshot\nRemainAfterExit=yes\nWorkingDirectory=${DIRECTORY}\nExecStart=${COMPOSE} up -d\nExecStop=${COMPOSE} down\n[Install]\nWantedBy=multi-user.target\n`,
    )
    await node.host.sh('systemctl daemon-reload; systemctl enable nova-project.service')
    const { check } = await node.expect<Planned>(
      4,
      'node',
      'adopt',
      '--dry-run',
      '/etc/anneal/running.locked.yaml',
    )
    const owned = check.findings.find(({ code }) => code === 'CONTAINER_OWNED')
    assert.match(owned?.evidence ?? '', /nova-project\.service.*brings up the container’s Compose project/)
    await node.host.sh(`systemctl disable nova-project.service; rm ${unit}; systemctl daemon-reload`)
  })

  test('adopted with a profile in the file: `up` starts nothing, one libvirtd at every moment', async (t) => {
    const watch = await watchLibvirts(node.host)
    await adopt()
    assert.doesNotMatch(await labels(await node.container(NAME)), /com\.docker\.compose/)
    assert.doesNotMatch(await compose('ps'), /nova/, 'Compose does not take Anneal’s container for its own')
    await node.host.sh(
      `cp ${FILE} ${FILE}.before; sed -i 's/^    image:/    profiles: [anneal]\\n    image:/' ${FILE}`,
    )
    // With no service left to start Compose ends with an error, after it has left everything as it is.
    await compose('up', '--detach', '|| true')
    await compose('up', '--detach', '--remove-orphans', '|| true')
    await node.assertUntouched(alive, 'up', NAME)
    await node.assertAtRest()
    await node.host.sh(`mv ${FILE}.before ${FILE}`)
    await node.expect(0, 'node', 'give-back')
    assert.deepEqual(await node.containers(), own, 'the very container that Compose made')
    await compose('up', '--detach')
    assert.deepEqual(await node.containers(), own, 'and Compose has nothing to do')
    await node.assertUntouched(alive, 'down')
    await assertOneLibvirt(t, watch, node.host, guest.name)
  })

  test('recovery stops what `up` started again; give-back takes what `up --no-start` made after a `down`', async () => {
    await adopt()
    await compose('up', '--detach')
    await node.expect(0, 'node', 'recover')
    await node.assertUntouched(alive, 'up', NAME)
    await node.assertAtRest()
    await compose('down')
    await node.assertUntouched(alive, 'up', NAME)
    const refused = await node.anneal(['node', 'give-back'])
    assert.equal(refused.exitCode, 4)
    assert.equal(refusalIn(refused.stderr).code, 'GIVE_BACK_IMPOSSIBLE')
    assert.match(refusalIn(refused.stderr).remedy, /compose up --no-start/)
    await compose('up', '--no-start')
    await node.expect(0, 'node', 'give-back')
    await compose('up', '--detach')
    const now = await node.containers()
    assert.deepEqual(
      now.map((line) => line.split(' ').slice(0, 2).join(' ')),
      own.map((line) => line.split(' ').slice(0, 2).join(' ')),
    )
    await node.assertUntouched(alive, 'down')
    assert.equal(tickGaps(await ticks(node.host, guest.name)).lost, 0)
  })

  test('after a reboot in either state one libvirt runs', async () => {
    await adopt()
    await node.host.reboot('power cut')
    await node.prepare()
    await node.expect(0, 'node', 'recover')
    assert.equal((await node.host.sh('pgrep -xc libvirtd')).trim(), '1')
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    await node.host.reboot('power cut')
    await node.prepare()
    await waitForLibvirt(node.host, NAME, 'docker')
    assert.equal((await node.host.sh('pgrep -xc libvirtd')).trim(), '1')
    assert.match((await node.containers()).join(), /nova_libvirt running/)
  })
})
