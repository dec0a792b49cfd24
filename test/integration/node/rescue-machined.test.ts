import { rescueBehaviour } from './support/rescue-behaviour.ts'

rescueBehaviour({
  what: 'a host with systemd and machined',
  spec: { name: 'rescue-machined', init: 'systemd', machined: true },
  method: 'machined',
  faults: [
    { name: 'no cgroup bind', engine: 'docker', without: ['cgroup bind'] },
    { name: 'neither cgroup bind nor D-Bus', engine: 'docker', without: ['cgroup bind', 'dbus'] },
    { name: 'no D-Bus', engine: 'docker', without: ['dbus'] },
    { name: 'no cgroup bind', engine: 'podman', without: ['cgroup bind'] },
    { name: 'neither cgroup bind nor D-Bus', engine: 'podman', without: ['cgroup bind', 'dbus'] },
  ],
})
