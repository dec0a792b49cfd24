#!/bin/sh
# How a compute node was started by hand in early 2015. What `anneal node import` says about it is beside it.
HOST_IP=10.0.0.5

docker pull registry.example:5000/openstack/nova-libvirt
mkdir -p /var/lib/nova

# The network
docker run -d --privileged --net=host --name nova-network \
  -v /var/lib/nova:/var/lib/nova -v /lib/modules:/lib/modules:ro \
  -e RABBIT_HOST=$HOST_IP -e "RABBIT_PASSWORD=guest" \
  registry.example:5000/openstack/nova-network

# libvirt: neither the host's pids nor its control groups, so every guest dies with it
docker run -d --privileged --net=host --name nova-libvirt \
  -v /var/lib/nova:/var/lib/nova -v libvirt:/var/lib/libvirt \
  --ulimit nofile=65536:65536 -it --rm \
  registry.example:5000/openstack/nova-libvirt:latest >/dev/null

# nova-compute
sudo docker run -d --privileged --net=host --pid=host \
  --link nova-libvirt:libvirt --restart=always --dns 10.0.0.2 \
  -v /var/lib/nova:/var/lib/nova --volumes-from nova-libvirt \
  -e NOVA_DB='mysql://nova:nova@10.0.0.5/nova' --env-file openstack.env \
  registry.example:5000/openstack/nova-compute:juno-2015.1 \
  nova-compute --config-file /etc/nova/nova.conf 2>&1 | logger
