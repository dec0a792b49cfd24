import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { composeTree } from '../../node/release/index.ts'
import type { ReleaseDraft } from '../../node/release/index.ts'
import { writeYaml } from './edit-document.ts'
import { loadDraft } from './load.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-tree-'))
test.after(() => rmSync(directory, { recursive: true }))
const EXAMPLE = fileURLToPath(new URL('../../../examples/compute/compose.yaml', import.meta.url))

async function read(text: string): Promise<ReleaseDraft> {
  const file = join(directory, 'compose.yaml')
  writeFileSync(file, text)
  return (await loadDraft(file, { environment: {} })).draft
}

async function assertSame(draft: ReleaseDraft): Promise<void> {
  assert.deepEqual(await read(writeYaml(composeTree(draft))), draft)
}

test('the example is the same release once it was written as a Compose file and read again', async () => {
  await assertSame((await loadDraft(EXAMPLE, { environment: {} })).draft)
})

test('every field of a release outlives being written and read', async () => {
  const draft = await read(`
name: all
x-anneal: { libvirt: { service: virt, socket: /run/x/sock, stateDir: /run/x } }
services:
  log: { image: 'a/b:1', network_mode: host, restart: 'no' }
  virt:
    image: a/b:1
    entrypoint: [/bin/sh, -c, 'echo $$HOME']
    command: []
    user: '0:0'
    working_dir: /srv
    hostname: h
    network_mode: bridge
    ports: ['127.0.0.1:80:8080/udp', '[::1]:81:81']
    pid: host
    ipc: shareable
    uts: host
    cgroup: private
    cgroup_parent: /x
    privileged: true
    cap_add: [NET_ADMIN]
    cap_drop: [ALL]
    security_opt: ['label:disable']
    devices: ['/dev/kvm:/dev/kvm:rw']
    init: true
    read_only: true
    volumes:
      - /run/x:/run/x
      - /a:/b:ro,rshared
      - state:/state
      - { type: bind, source: /c, target: /c, bind: { create_host_path: false } }
      - { type: tmpfs, target: /t, tmpfs: { size: 64m, mode: 0700 } }
    secrets: [key, { source: other, target: /etc/other }]
    configs: [{ source: conf, target: /etc/conf }]
    environment: { A: 'cost $$5', B: '', C: '0_' , APP_PASSWORD_LENGTH: '5' }
    labels: { a: 'b$$c' }
    ulimits: { nofile: 5, memlock: { soft: -1, hard: -1 }, nproc: { soft: 1, hard: 2 } }
    sysctls: { net.x: '1' }
    extra_hosts: ['a:1.2.3.4', 'b:::1']
    shm_size: 1m
    mem_limit: 512m
    cpus: 1.5
    pids_limit: 7
    oom_score_adj: -500
    healthcheck: { test: [CMD, 'x$$y'], interval: 1500ms, timeout: 3s, start_period: 1m, retries: 2 }
    logging: { driver: local, options: { max-size: 1m } }
    depends_on: { log: { condition: service_started } }
    restart: always
    stop_signal: SIGINT
    stop_grace_period: 2500ms
    x-anneal:
      replace: when-idle
      guests: expendable
      order: 500
      publicEnvironment: [APP_TOKEN]
      helpers: [{ exe: /usr/sbin/virtlogd, argv: [-d] }]
      ready:
        - { libvirt: {}, timeout: 5s }
        - { exec: [a, 'b$$'] }
        - { unix: /run/s }
        - { tcp: '[::1]:5', interval: 250ms }
        - { log: 'up $$' }
volumes: { state: {} }
secrets: { key: { file: ./key }, other: { file: /o } }
configs: { conf: { file: /conf } }
`)
  await assertSame(draft)
})
