# The JVM: collectors, keytool (files, entropy, crypto), a listening service, tools.
set -e; ends() { want=$1 got=0; shift; "$@" || got=$?; [ $got = $want ]; }; cd /tmp; for gc in UseSerialGC UseParallelGC UseG1GC UseZGC; do java -XX:+$gc -Xmx64m -XX:NativeMemoryTracking=summary -Djava.io.tmpdir=/tmp -version 2>/dev/null; done
keytool -genkeypair -alias a -keyalg RSA -keysize 2048 -dname CN=a -keystore /tmp/ks -storepass secret1 -validity 2 2>/dev/null; keytool -list -keystore /tmp/ks -storepass secret1 >/dev/null; java --list-modules >/dev/null
rmiregistry 10990 & p=$!; sleep 2; kill $p; ends 143 wait $p; echo OK
