import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, byHandArguments, imageReference, waitForLibvirt } from '../../lab/index.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'

type Finding = Readonly<{ code: string; severity: string; subject: string; evidence: string }>

const IMAGE = 'nova-libvirt:bookworm'
const EVERY = '* * * * *'
const REQUEST = `/opt/anneal/node_modules/.bin/node -e "require('http').request({socketPath: '/run/docker.sock', method: 'POST', path: '/containers/NAME/start'}).end()"`

/** A way to have cron start the container NAME: a table or script by its path, and what is done to it. */
type Way = Readonly<{ files: Readonly<Record<string, string>>; after?: string; alarm?: true }>

const cronD = (command: string, head = ''): Way => ({
  files: { '/etc/cron.d/NAME': `${head}${EVERY} root ${command}\n` },
})

/** `alarm`: cron leaves the table out, and Anneal does not know that. */
const WAYS: Readonly<Record<string, Way>> = {
  plain: cronD('docker start NAME'),
  tabs: { files: { '/etc/cron.d/NAME': `*\t*\t*\t*\t*\troot\tdocker\tstart\tNAME\n` } },
  steps: { files: { '/etc/cron.d/NAME': ` */1 0-23 * jan-dec 0-7 root docker start NAME\n` } },
  reboot: { files: { '/etc/cron.d/NAME': '@reboot root docker start NAME\n' } },
  user: { files: { '/var/spool/cron/crontabs/www-data': `${EVERY} sudo docker start NAME\n` } },
  setting: cronD('$E start $C', 'E=docker\nC="NAME"\n'),
  percent: cronD('xargs docker start%NAME'),
  loop: cronD('for c in absent NAME; do docker start $c; done'),
  variable: cronD('C=NAME; test -n "$C" && docker start "$C"'),
  nested: cronD('su root -c "docker start NAME"'),
  timeout: cronD('timeout 30 /usr/bin/env docker -l error container start NAME'),
  restart: cronD('docker restart NAME'),
  filter: cronD('docker ps -aq --filter name=NAME | xargs -r docker start'),
  file: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root xargs docker start </etc/NAME.list\n`,
      '/etc/NAME.list': 'NAME\n',
    },
  },
  substitution: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root docker start $(cat /etc/NAME.list)\n`,
      '/etc/NAME.list': 'NAME\n',
    },
  },
  path: {
    files: {
      '/etc/cron.d/NAME': `PATH=/opt/NAME:/usr/bin:/bin\n${EVERY} root up\n`,
      '/opt/NAME/up': '#!/bin/sh\ndocker start NAME\n',
    },
    after: 'chmod 755 /opt/NAME/up',
  },
  local: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root up-NAME\n`,
      '/usr/local/bin/up-NAME': '#!/bin/sh\ndocker start NAME\n',
    },
    after: 'chmod 755 /usr/local/bin/up-NAME',
    // Debian’s cron has no /usr/local/bin in its PATH; others do.
    alarm: true,
  },
  below: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root cd /opt/NAME && ./up\n`,
      '/opt/NAME/up': '#!/bin/sh\ndocker start NAME\n',
    },
    after: 'chmod 755 /opt/NAME/up',
  },
  unmarked: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root sh -e /opt/NAME.sh\n`,
      '/opt/NAME.sh': 'docker start NAME\n',
    },
  },
  outer: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root flock -n /run/NAME /opt/NAME/outer\n`,
      '/opt/NAME/outer': '#!/bin/sh\nexec /opt/NAME/inner\n',
      '/opt/NAME/inner': '#!/bin/sh\nC=NAME\ndocker start $C\n',
    },
    after: 'chmod 755 /opt/NAME/*er',
  },
  parts: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root run-parts /opt/NAME\n`,
      '/opt/NAME/up': '#!/bin/sh\ndocker start NAME\n',
    },
    after: 'chmod 755 /opt/NAME/up',
  },
  interface: cronD(REQUEST),
  linked: {
    files: { '/opt/NAME.table': `${EVERY} root docker start NAME\n` },
    after: 'ln -s /opt/NAME.table /etc/cron.d/NAME',
  },
  unit: {
    files: {
      '/etc/cron.d/NAME': `${EVERY} root systemctl start NAME-up\n`,
      '/etc/systemd/system/NAME-up.service':
        '[Service]\nType=oneshot\nExecStart=/bin/sh -c "docker start NAME"\n',
    },
    after: 'systemctl daemon-reload',
  },
  unrelated: cronD('docker exec NAME true'),
  stops: cronD('docker stop NAME'),
  comment: { files: { '/etc/cron.d/NAME': `# ${EVERY} root docker start NAME\n` } },
  dotted: { files: { '/etc/cron.d/NAME.off': `${EVERY} root docker start NAME\n` } },
  'other name': cronD('docker start NAME-2'),
  'no newline': { files: { '/etc/cron.d/NAME': `${EVERY} root docker start NAME` }, alarm: true },
  'group may write': { ...cronD('docker start NAME'), after: 'chmod g+w /etc/cron.d/NAME', alarm: true },
  orphan: { files: { '/var/spool/cron/crontabs/nobody-here': `${EVERY} docker start NAME\n` }, alarm: true },
}

const tableOf = (files: Way['files'], name: string): string =>
  (Object.keys(files).find((path) => path.includes('/cron')) ?? '/etc/cron.d/NAME').replaceAll('NAME', name)

const nameOf = (way: string): string => `c-${way.replaceAll(' ', '-')}`

describe('what cron starts, and what Anneal says of it', () => {
  let node: ComputeNode
  const debs = mkdtempSync(join(tmpdir(), 'anneal-cron-'))
  before(async () => {
    execFileSync('apt-get', ['download', 'cron', 'cron-daemon-common'], {
      cwd: debs,
      stdio: 'ignore',
    })
    node = await ComputeNode.on(
      await Host.up({ name: 'cron-starts', engine: 'docker', init: 'systemd', images: [IMAGE] }),
      'docker',
    )
    for (const deb of readdirSync(debs)) {
      const input = readFileSync(join(debs, deb)).toString('base64')
      await node.host.sh(`base64 -d >/tmp/${deb}`, { input })
    }
    await node.host.sh('dpkg --force-depends -i /tmp/*.deb >/tmp/dpkg.log 2>&1; systemctl stop cron')
    await node.host.sh(
      'printf \'#!/bin/sh\\nexec "$@"\\n\' >/usr/bin/sudo; chmod 755 /usr/bin/sudo; chmod 666 /run/docker.sock',
    )
    const create = (name: string): string =>
      `docker create --name ${name} --entrypoint sleep ${imageReference(IMAGE)} 8000000 >/dev/null`
    await node.host.sh(
      Object.keys(WAYS)
        .map((way) => create(nameOf(way)))
        .join('\n'),
      { timeoutMs: 300_000 },
    )
    for (const [way, { files, after: script }] of Object.entries(WAYS)) {
      const name = nameOf(way)
      for (const [path, text] of Object.entries(files))
        await node.write(path.replaceAll('NAME', name), text.replaceAll('NAME', name))
      if (script !== undefined) await node.host.sh(script.replaceAll('NAME', name))
    }
    await node.host.sh(
      'chown -f www-data:crontab /var/spool/cron/crontabs/www-data; chmod 600 /var/spool/cron/crontabs/*; rm -f /run/crond.reboot; systemctl start cron',
    )
  })
  after(async () => {
    rmSync(debs, { recursive: true })
    await node?.down()
  })

  test('Anneal names each job by which cron starts a container, and no other that cron obeys', async (t) => {
    const { value } = await node.anneal<Readonly<{ findings: readonly Finding[] }>>(['node', 'doctor'])
    const named = value.findings.filter(({ code }) => code === 'CONTAINER_STARTED_BY_JOB')
    const isOwn = ({ subject, evidence }: Finding): boolean =>
      Object.entries(WAYS).some(
        ([way, { files }]) =>
          nameOf(way) === subject && evidence.includes(` in ${tableOf(files, subject)} (`),
      )
    const said = new Set(named.filter(isOwn).map(({ subject }) => subject))
    // A job that reads names from a file may start any container.
    assert.deepEqual(
      named.filter((one) => !isOwn(one) && !one.evidence.endsWith('whose names it reads from elsewhere')),
      [],
    )
    await sleep(100_000)
    const format = '{{.Name}} {{.State.StartedAt}}'
    const states = await node.host.sh(
      `docker inspect --format '${format}' ${Object.keys(WAYS).map(nameOf).join(' ')}`,
    )
    const started = new Set(
      states
        .split('\n')
        .filter((line) => line !== '' && !line.includes('0001-01-01'))
        .map((line) => line.split(' ')[0]?.slice(1) ?? ''),
    )
    const ways = Object.entries(WAYS)
    const of = (right: (name: string) => boolean) =>
      ways.filter(([way]) => right(nameOf(way))).map(([way]) => way)
    t.diagnostic(
      `cron started ${started.size} of ${ways.length}, and Anneal named ${said.size}: ${of((name) => started.has(name)).join(', ')}`,
    )
    const log = await node.host.sh('journalctl --no-pager -u cron | tail -n 60')
    assert.deepEqual(
      of((name) => started.has(name) && !said.has(name)),
      [],
      `started, and not said\n${log}`,
    )
    assert.deepEqual(
      of((name) => !started.has(name) && said.has(name)),
      ways.filter(([, { alarm }]) => alarm === true).map(([way]) => way),
      `said, and not started\n${log}`,
    )
  })

  test('a take-over is refused, and cron then starts the stopped container again', async () => {
    const name = 'nova_libvirt'
    await node.host.must(['docker', 'run', '--detach', ...byHandArguments({ name, image: IMAGE })])
    await waitForLibvirt(node.host, name, 'docker')
    const file = await node.lock({ mark: 'one' })
    await node.write('/etc/cron.d/libvirt', `${EVERY} root docker start ${name}\n`)
    const adopt = ['node', 'plan', file, '--adopt', `libvirt=${name}`]
    const { check } = await node.expect<Readonly<{ check: Readonly<{ findings: readonly Finding[] }> }>>(
      4,
      ...adopt,
    )
    const refusals = check.findings.filter(({ severity }) => severity === 'refuse').map(({ code }) => code)
    assert.deepEqual([...new Set(refusals)], ['CONTAINER_STARTED_BY_JOB'])
    await node.host.must(['docker', 'stop', '--time', '5', name])
    await sleep(75_000)
    const status = await node.host.must(['docker', 'inspect', '--format', '{{.State.Status}}', name])
    assert.equal(status.trim(), 'running')
  })
})
