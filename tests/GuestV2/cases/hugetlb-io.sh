# Controllers that the project's other machines lack: hugetlb and io on v2.
# peers: crun runc
# bundle main: .linux.resources += {hugepageLimits: [{pageSize: "2MB", limit: 4194304}],
#|   blockIO: {throttleReadBpsDevice: [{major: 254, minor: 0, rate: 1048576}], throttleWriteIOPSDevice: [{major: 254, minor: 0, rate: 50}]}}
make c
eq "$(cat $CG/hugetlb.2MB.max)" 4194304
eq "$(cat $CG/io.max)" "254:0 rbps=1048576 wbps=max riops=max wiops=50"
gone c
