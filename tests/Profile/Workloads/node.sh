# Node: HTTP server and client, files, workers, child processes, timers, crypto, watching files.
cd /tmp; cat >n.js <<'P'
const http=require('http'),fs=require('fs'),cp=require('child_process'),{Worker,isMainThread,parentPort}=require('worker_threads'),crypto=require('crypto'),os=require('os'),dns=require('dns'),net=require('net'),zlib=require('zlib'),dgram=require('dgram')
if(!isMainThread){parentPort.postMessage(crypto.pbkdf2Sync('a','b',1000,16,'sha1').length)}else{
const w=fs.watch('/tmp',()=>{});fs.writeFileSync('f','x'.repeat(100000));fs.copyFileSync('f','g');fs.statSync('g');fs.mkdirSync('nd/a',{recursive:true});fs.readdirSync('/etc');fs.rmSync('nd',{recursive:true});os.cpus();os.networkInterfaces();os.userInfo
const s=http.createServer((q,r)=>fs.createReadStream('f').pipe(zlib.createGzip()).pipe(r)).listen(0,'127.0.0.1',()=>http.get({host:'127.0.0.1',port:s.address().port},r=>{let n=0;r.on('data',d=>n+=d.length).on('end',()=>{
 new Worker('/tmp/n.js').on('message',m=>{const c=cp.spawn('sh',['-c','echo sub']);c.on('exit',()=>{const u=net.createServer(c=>c.end('u')).listen('/tmp/n.sock',()=>net.connect('/tmp/n.sock').on('data',()=>{}).on('close',()=>{const d=dgram.createSocket('udp4');d.bind(0,()=>{d.close();dns.lookup('localhost',()=>{u.close();s.close();w.close();fs.promises.readFile('f').then(()=>setTimeout(()=>{console.log('OK');process.exit(0)},50))})})}))})})})}))}
P
exec "$(command -v node || command -v nodejs)" n.js
