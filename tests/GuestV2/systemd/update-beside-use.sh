# The kernel's use is asked before systemd writes a limit; a sum of memory and swap alone counts from the limit that is there.
# bundle main: .linux.resources = {memory: {limit: 134217728}}
#| | .process.args = ["sh", "-c", "head -c 20000000 /dev/zero > /dev/shm/x; exec sleep 1000"]
up c
until_true eval '[ "$(inside c stat -c %s /dev/shm/x)" = 20000000 ]'
echo '{"memory": {"limit": 8388608, "checkBeforeUpdate": true}}' > /run/case/low
fails rt update --resources /run/case/low c
has "$SAID" "usage"
rt update --memory-swap 201326592 c
look
prop MemoryMax 134217728; file memory.max 134217728
prop MemorySwapMax 67108864
eq "$(status c)" running
gone c
