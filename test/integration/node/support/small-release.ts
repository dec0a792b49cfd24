import { imageReference } from '../../../../lab/index.ts'

export type SmallRelease = Readonly<{
  /** Stands in a label of every service: releases of different marks have no container in common. */
  mark: string
  /** Tag of nova-libvirt: `bookworm` has libvirt 9.0 and QEMU 7.2, `bookworm-backports` 11.3 and 10.0. */
  libvirt?: 'bookworm' | 'bookworm-backports'
  /** Who writes guests' consoles: `logd` makes virtlogd a helper that guests need, `file` leaves it idle. */
  stdio?: 'logd' | 'file'
  /** Of the libvirt service, as a YAML flow sequence. */
  command?: string
  /** How many times longer the host takes: see ComputeHost. */
  slowness?: number
  /** How long services must stay up; `0s` so that tests need not wait. */
  settle?: string
  /** A last change of the text. */
  edit?: (text: string) => string
}>

/**
 * The Compose file of a compute node without its OpenStack: virtlogd, libvirt and a third service that only sleeps,
 * all of one image. As the shipped example (examples/compute), with less to wait for.
 */
export function smallRelease(spec: SmallRelease): string {
  const { mark, libvirt = 'bookworm', stdio = 'logd', command = '[libvirtd]', edit = (text) => text } = spec
  const settle = spec.settle ?? '0s'
  const seconds = (count: number): string => `${count * (spec.slowness ?? 1)}s`
  const image = imageReference(`nova-libvirt:${libvirt}`)
  return edit(`name: compute

x-anneal:
  libvirt: { service: libvirt, socket: /run/libvirt/libvirt-sock, stateDir: /run/libvirt }

x-service: &service
  image: ${image}
  network_mode: host
  pid: host
  restart: unless-stopped
  labels: { test.release: ${mark} }

services:
  virtlogd:
    <<: *service
    command: [virtlogd]
    volumes:
      - /run/libvirt:/run/libvirt
      - /var/log/libvirt:/var/log/libvirt
      - /var/lib/nova:/var/lib/nova
    stop_grace_period: ${seconds(5)}
    x-anneal:
      replace: when-idle
      order: 10
      settle: ${settle}
      helpers: [{ exe: /usr/sbin/virtlogd }]
      ready: [{ unix: /run/libvirt/virtlogd-sock, timeout: ${seconds(20)} }]

  libvirt:
    <<: *service
    command: ${command}
    privileged: true
    cgroup: host
    environment: { STDIO_HANDLER: ${stdio} }
    volumes:
      - /sys/fs/cgroup:/sys/fs/cgroup
      - /run/libvirt:/run/libvirt
      - /run/dbus:/run/dbus
      - /var/lib/libvirt:/var/lib/libvirt
      - /var/cache/libvirt:/var/cache/libvirt
      - /etc/libvirt/qemu:/etc/libvirt/qemu
      - /var/log/libvirt:/var/log/libvirt
      - /var/lib/nova:/var/lib/nova
      - /dev:/dev
    depends_on: [virtlogd]
    stop_grace_period: ${seconds(3)}
    x-anneal:
      order: 20
      settle: ${settle}
      ready: [{ libvirt: , timeout: ${seconds(60)} }]

  sleeper:
    <<: *service
    command: [sleep, infinity]
    depends_on: [libvirt]
    stop_grace_period: ${seconds(2)}
    x-anneal: { order: 30, settle: ${settle} }
`)
}
